/**
 * Reads the body of an AG-UI run, of protocol 1.0 and of 0.0.x.
 *
 * @see https://docs.ag-ui.com/sdk/js/core/types
 */
import { randomUUID } from 'node:crypto'
import type { FileMedia, Media } from '../../client/media.ts'
import { isObject } from '../../json/is-object.ts'
import { parseJson } from '../../json/parse.ts'
import { base64In, bytesIn } from '../base64.ts'
import { badRequest, objectAt, objectsAt, stringAt } from '../json-body.ts'
import { textOf } from '../run-result.ts'

type Dict = Readonly<Record<string, unknown>>

/** An answer to a pause, in either dialect. */
export interface AguiAnswer {
  /** Id of the interrupt, equal to the id of the tool call. */
  readonly callId: string
  readonly payload: unknown
  readonly isError: boolean
  readonly isCancelled: boolean
}

/** The run that the front end requests. */
export interface AguiInput {
  /** The session. */
  readonly threadId: string
  readonly runId: string
  /** The caller supports the outcomes of protocol 1.0. */
  readonly isVersion1: boolean
  readonly message: string
  readonly images: readonly Media[]
  readonly audio: readonly Media[]
  readonly videos: readonly Media[]
  readonly files: readonly FileMedia[]
  readonly answers: readonly AguiAnswer[]
  readonly state: Dict | undefined
  readonly context: Dict | undefined
  /** Names of the front end's tools. */
  readonly tools: readonly string[]
}

/** @throws {GatewayError} `AGW_BAD_REQUEST` */
export async function aguiInput(given: Dict): Promise<AguiInput> {
  const body = camelCased(given)
  const messages = objectsAt(body, 'messages') ?? []
  const current = newMessages(messages).map(camelCased)
  const resumed = (objectsAt(body, 'resume') ?? []).map(camelCased).map(resumeAnswer)
  const toolAnswers = current.filter(({ role }) => role === 'tool').map(toolAnswer)
  const users = current.filter(({ role }) => role === 'user')
  const media = users.flatMap(({ content }) => (Array.isArray(content) ? content.map(mediaOf) : []))
  const state = isObject(body['state']) && Object.keys(body['state']).length > 0
  return {
    threadId: stringAt(body, 'threadId') || randomUUID(),
    runId: stringAt(body, 'runId') || randomUUID(),
    isVersion1: Number.parseInt(stringAt(body, 'protocolVersion') ?? '0', 10) >= 1,
    message: users.map(({ content }) => contentText(content)).join('\n\n'),
    images: ofKind(media, 'image'),
    audio: ofKind(media, 'audio'),
    videos: ofKind(media, 'video'),
    files: ofKind(media, 'file'),
    answers: resumed.length > 0 ? resumed : toolAnswers,
    state: state ? objectAt(body, 'state') : undefined,
    context: await contextOf(objectsAt(body, 'context') ?? []),
    tools: (objectsAt(body, 'tools') ?? []).map(({ name }) => textOf(name)),
  }
}

/** Members that are read, by their names in Python. */
const PYTHON_NAMES = [
  ['thread_id', 'threadId'],
  ['run_id', 'runId'],
  ['protocol_version', 'protocolVersion'],
  ['interrupt_id', 'interruptId'],
  ['tool_call_id', 'toolCallId'],
  ['mime_type', 'mimeType'],
] as const

/**
 * Python clients send `thread_id` for `threadId`, and AG-UI's own Python servers accept both. The object is not copied,
 * because a caller's may have any number of members.
 */
function camelCased(object: Dict): Dict {
  const named = Object.create(object) as Record<string, unknown>
  for (const [python, name] of PYTHON_NAMES) {
    if (!Object.hasOwn(object, name) && Object.hasOwn(object, python)) named[name] = object[python]
  }
  return named
}

/**
 * The messages after the last one of the assistant. Earlier messages are never sent: the session stores them, and a
 * front end must not change them.
 */
function newMessages(messages: readonly Dict[]): readonly Dict[] {
  const last = messages.findLastIndex(({ role }) => role === 'assistant')
  const after = messages.slice(last + 1)
  const lastTool = after.findLastIndex(({ role }) => role === 'tool')
  // A message after the tool's is a new turn.
  const isAnswered = lastTool === after.length - 1
  return isAnswered ? after : after.slice(lastTool + 1)
}

function resumeAnswer(entry: Dict): AguiAnswer {
  const callId = stringAt(entry, 'interruptId')
  if (callId === undefined) throw badRequest("'resume' needs an interruptId")
  const status = stringAt(entry, 'status') ?? 'resolved'
  if (status !== 'resolved' && status !== 'cancelled') {
    throw badRequest("'status' of an answer must be resolved or cancelled")
  }
  const isCancelled = status === 'cancelled'
  return { callId, payload: entry['payload'], isError: false, isCancelled }
}

function toolAnswer(message: Dict): AguiAnswer {
  const callId = stringAt(message, 'toolCallId')
  if (callId === undefined) throw badRequest('A tool message needs a toolCallId')
  const error = stringAt(message, 'error')
  const payload = error ?? contentText(message['content'])
  return { callId, payload, isError: error !== undefined, isCancelled: false }
}

/** AG-UI sends every value as text. */
async function contextOf(items: readonly Dict[]): Promise<Dict | undefined> {
  if (items.length === 0) return undefined
  const named: [string, unknown][] = []
  for (const [index, { description, value }] of items.entries()) {
    named.push([textOf(description) || `context_${index + 1}`, await parsed(value)])
  }
  return Object.fromEntries(named)
}

async function parsed(value: unknown): Promise<unknown> {
  if (typeof value !== 'string') return value
  try {
    return await parseJson(Buffer.from(value))
  } catch {
    return value
  }
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (content === undefined || content === null) return ''
  if (!Array.isArray(content)) throw badRequest("'content' must be text or a list of parts")
  const parts = content.filter(isObject).filter(({ type }) => type === 'text')
  return parts.map(({ text }) => textOf(text)).join('\n')
}

interface KnownMedia {
  readonly kind: 'image' | 'audio' | 'video' | 'file' | undefined
  readonly media: FileMedia
}

function ofKind(media: readonly KnownMedia[], kind: KnownMedia['kind']): FileMedia[] {
  return media.filter((each) => each.kind === kind).map(({ media: each }) => each)
}

const KINDS: ReadonlyMap<string, KnownMedia['kind']> = new Map([
  ['image', 'image'],
  ['audio', 'audio'],
  ['video', 'video'],
  ['document', 'file'],
])

/** Parts of 1.0 have a `source`; the older `binary` part has the same members at its top level. */
function mediaOf(part: unknown): KnownMedia {
  const nothing = { kind: undefined, media: {} }
  if (!isObject(part)) return nothing
  const { source, type } = part
  const isBinary = type === 'binary'
  if (!isBinary && !KINDS.has(String(type))) return nothing
  const from = camelCased(isBinary ? part : isObject(source) ? source : {})
  const mimeType = textOf(from['mimeType']) || undefined
  const value = from['value']
  const url = isBinary ? from['url'] : from['type'] === 'url' ? value : undefined
  const data = isBinary ? from['data'] : from['type'] === 'data' ? value : undefined
  const kind = isBinary ? kindOf(mimeType) : KINDS.get(String(type))
  const filename = textOf(part['filename']) || undefined
  if (typeof url === 'string') {
    if (!/^https?:\/\//i.test(url)) throw badRequest('a url must begin with http: or https:')
    return { kind, media: { url, mimeType, filename } }
  }
  if (typeof data !== 'string')
    throw badRequest(`a part of type '${String(type)}' needs data or a url`)
  const base64 = data.replace(/^data:[^,]{0,200},/, '')
  // AgentOS accepts documents as uploads, and all other media as base64.
  const content = kind === 'file' ? bytesIn(base64) : base64In(base64)
  return { kind, media: { content, mimeType, filename } }
}

function kindOf(mimeType = ''): KnownMedia['kind'] {
  const [main = ''] = mimeType.split('/')
  return main === 'image' || main === 'audio' || main === 'video' ? main : 'file'
}
