/** Reads the parameters of `message/send` and `message/stream`, of A2A 0.3 and 1.0. */
import type { Message, Part } from '../../a2a/wire.ts'
import type { FileMedia, Media } from '../../client/media.ts'
import { isObject } from '../../json/is-object.ts'
import { base64In, bytesIn, dataUrl } from '../base64.ts'
import { badRequest, flagAt, objectAt, objectsAt, stringAt } from '../json-body.ts'
import { A2aError } from './a2a-error.ts'
import type { Wire } from './wire.ts'

type Dict = Readonly<Record<string, unknown>>

/** A message and how it is answered. */
export interface SendRequest {
  /** The message in the form of 0.3, for the history of its task. */
  readonly message: Message
  readonly taskId: string | undefined
  /** The session. */
  readonly contextId: string | undefined
  /** All text parts, and data parts as JSON text. */
  readonly text: string
  readonly images: readonly Media[]
  readonly audio: readonly Media[]
  readonly videos: readonly Media[]
  readonly files: readonly FileMedia[]
  /** Data parts: answers, for a task that waits for them. */
  readonly data: readonly Dict[]
  readonly metadata: Dict | undefined
  /** The answer waits for the end of the run. */
  readonly isBlocking: boolean
  /** Messages of the task that the answer holds at most. Default: all. */
  readonly historyLength: number | undefined
}

/** Longest id of a session or task, in characters. */
const MAX_ID_LENGTH = 1_024
/** Media types that components produce; a caller has to accept one of them. */
const OUTPUT =
  /^(?:\*\/\*|text(?:\/.*)?|(?:image|audio|video)\/.*|application\/(?:\*|json|octet-stream|pdf))$/i

/**
 * @throws {A2aError} `push` and `contentType` for options that are not supported
 * @throws {GatewayError} `AGW_BAD_REQUEST`
 */
export function sendRequest(params: Dict, { version }: Pick<Wire, 'version'>): SendRequest {
  const given = objectAt(params, 'message')
  if (given === undefined) throw badRequest("'message' is required")
  const message = messageIn(given, version)
  const configuration = objectAt(params, 'configuration') ?? {}
  if (configuration['pushNotificationConfig'] ?? configuration['taskPushNotificationConfig']) {
    throw new A2aError('push')
  }
  assertOutputAccepted(configuration['acceptedOutputModes'])
  const media = message.parts.flatMap(mediaOf)
  const of = (kind: string) => media.filter((each) => each.kind === kind).map(({ file }) => file)
  return {
    message,
    taskId: message.taskId,
    contextId: message.contextId,
    text: message.parts.flatMap(textOfPart).join('\n'),
    images: of('image'),
    audio: of('audio'),
    videos: of('video'),
    files: of('file'),
    data: message.parts.flatMap((part) => (part.kind === 'data' ? [part.data] : [])),
    metadata: message.metadata,
    isBlocking:
      version === '1.0'
        ? !flagAt(configuration, 'returnImmediately')
        : configuration['blocking'] !== false,
    historyLength: lengthAt(configuration, 'historyLength'),
  }
}

/** A count that may be left out. */
export function lengthAt(object: Dict, name: string): number | undefined {
  const value = object[name]
  if (value === undefined || value === null) return undefined
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw badRequest(`'${name}' has to be a whole number from 0`)
}

/** An id; empty counts as missing, as in Protocol Buffers. */
export function idAt(object: Dict, name: string): string | undefined {
  // JSON can hold lone surrogates, a path and a form can't.
  const id = stringAt(object, name)?.toWellFormed()
  if (id !== undefined && id.length > MAX_ID_LENGTH) {
    throw badRequest(`'${name}' has at most ${MAX_ID_LENGTH} characters`)
  }
  return id || undefined
}

function assertOutputAccepted(modes: unknown): void {
  if (modes === undefined || modes === null) return
  if (!Array.isArray(modes) || !modes.every((mode) => typeof mode === 'string')) {
    throw badRequest("'acceptedOutputModes' has to be a list of strings")
  }
  if (modes.length === 0 || modes.some((mode) => OUTPUT.test(mode))) return
  throw new A2aError('contentType', 'No accepted output mode is one that components produce')
}

function messageIn(given: Dict, version: Wire['version']): Message {
  const messageId = idAt(given, 'messageId')
  if (messageId === undefined) throw badRequest("'message.messageId' is required")
  const role = version === '1.0' ? 'ROLE_USER' : 'user'
  if (given['role'] !== role) throw badRequest(`'message.role' has to be '${role}'`)
  const parts = objectsAt(given, 'parts') ?? []
  if (parts.length === 0) throw badRequest("'message.parts' has to hold at least one part")
  const taskId = idAt(given, 'taskId')
  const contextId = idAt(given, 'contextId')
  const metadata = objectAt(given, 'metadata')
  return {
    kind: 'message',
    messageId,
    role: 'user',
    parts: parts.map(version === '1.0' ? partIn1 : partIn03),
    ...(taskId !== undefined && { taskId }),
    ...(contextId !== undefined && { contextId }),
    ...(metadata && { metadata }),
  }
}

function partIn1(part: Dict): Part {
  const { text, raw, url, data } = part
  const given = [text, raw, url, data].filter((value) => value !== undefined && value !== null)
  if (given.length !== 1) throw badRequest('A part has one of text, raw, url and data')
  if (typeof text === 'string') return { kind: 'text', text }
  if (isObject(data)) return { kind: 'data', data }
  // A2A 1.0 allows any JSON value; 0.3 only objects.
  if (data !== undefined && data !== null) return { kind: 'data', data: { value: data } }
  const names = {
    ...named('mimeType', stringAt(part, 'mediaType')),
    ...named('name', stringAt(part, 'filename')),
  }
  if (typeof raw === 'string') return { kind: 'file', file: { bytes: raw, ...names } }
  if (typeof url === 'string') return fileAt(url, names)
  throw badRequest("'text', 'raw' and 'url' of a part have to be strings")
}

function partIn03(part: Dict): Part {
  const { kind } = part
  if (kind === 'text') {
    const text = stringAt(part, 'text')
    if (text === undefined) throw badRequest("A part of kind 'text' needs a text")
    return { kind, text }
  }
  if (kind === 'data') {
    const data = objectAt(part, 'data')
    if (data === undefined) throw badRequest("A part of kind 'data' needs data")
    return { kind, data }
  }
  const file = kind === 'file' ? objectAt(part, 'file') : undefined
  if (file === undefined) throw badRequest("A part is of kind 'text', 'file' or 'data'")
  const names = {
    ...named('mimeType', stringAt(file, 'mimeType')),
    ...named('name', stringAt(file, 'name')),
  }
  const uri = stringAt(file, 'uri')
  if (uri !== undefined) return fileAt(uri, names)
  const bytes = stringAt(file, 'bytes')
  if (bytes === undefined) throw badRequest('A file needs bytes or a uri')
  return { kind: 'file', file: { bytes, ...names } }
}

/** A `data:` URL holds the bytes themselves: Agno's client and an outer gateway send media in this form. */
function fileAt(uri: string, names: Readonly<Record<string, string>>): Part {
  const data = dataUrl(uri)
  if (data === undefined) return { kind: 'file', file: { uri, ...names } }
  return { kind: 'file', file: { bytes: data.base64, mimeType: data.mimeType, ...names } }
}

function named(name: string, value: string | undefined): Record<string, string> {
  return value ? { [name]: value } : {}
}

function textOfPart(part: Part): string[] {
  if (part.kind === 'text') return [part.text]
  return part.kind === 'data' ? [JSON.stringify(part.data)] : []
}

interface KnownMedia {
  readonly kind: 'image' | 'audio' | 'video' | 'file'
  readonly file: FileMedia
}

function mediaOf(part: Part): KnownMedia[] {
  if (part.kind !== 'file') return []
  const { name: filename, mimeType } = part.file
  const [main = ''] = (mimeType ?? '').split('/')
  const isMedia = main === 'image' || main === 'audio' || main === 'video'
  const kind = isMedia ? main : 'file'
  if ('uri' in part.file) {
    const { uri: url } = part.file
    if (!/^https?:\/\//i.test(url))
      throw badRequest('a url has to begin with http:, https: or data:…;base64,')
    return [{ kind, file: { url, mimeType, filename } }]
  }
  const { bytes } = part.file
  // AgentOS accepts documents as uploads, and all other media as base64.
  const content = isMedia ? base64In(bytes) : bytesIn(bytes)
  return [{ kind, file: { content, mimeType, filename } }]
}
