/** Converts parts of A2A messages to AgentOS's members and back: text, media and tool calls. */
import type { ToolExecution } from '../agentos/run-output.ts'
import { isObject } from '../json/is-object.ts'
import type { DataPart, FilePart, Part, TextPart } from './wire.ts'
import { textIn } from './wire.ts'

type Dict = Record<string, unknown>

/** Media, grouped by the members of AgentOS's outputs. */
export interface MediaLists {
  images?: Dict[]
  videos?: Dict[]
  audio?: Dict[]
  files?: Dict[]
}

/** Type of a data part in which Google ADK writes a tool call. */
const CALL = 'function_call'
const RESPONSE = 'function_response'

/** The text of the parts; without text parts, their data as JSON text. */
export function textOf(parts: readonly Part[]): string {
  const texts = parts.filter((part): part is TextPart => part.kind === 'text')
  if (texts.length > 0) return texts.map(({ text }) => String(text ?? '')).join('')
  const data = parts.filter((part): part is DataPart => isData(part) && toolPartKind(part) === '')
  return data.map((part) => JSON.stringify(part.data)).join('\n')
}

/** Adds the files among the parts to the lists, by their type. */
export function collectMedia(lists: MediaLists, parts: readonly Part[], name?: string): void {
  for (const part of parts) {
    if (part.kind !== 'file' || !isObject(part.file)) continue
    const { file } = part as FilePart
    const mimeType = file.mimeType ?? ''
    const filename = file.name ?? name
    const source = 'uri' in file ? { url: file.uri } : { content: file.bytes }
    const media = {
      ...source,
      ...(mimeType !== '' && { mime_type: mimeType }),
      ...(filename !== undefined && { filename }),
    }
    const list = listFor(mimeType)
    lists[list] ??= []
    lists[list].push(media)
  }
}

function listFor(mimeType: string): keyof MediaLists {
  if (mimeType.startsWith('image/')) return 'images'
  if (mimeType.startsWith('video/')) return 'videos'
  return mimeType.startsWith('audio/') ? 'audio' : 'files'
}

/** A tool call that begins or ends in these parts. */
export interface ToolStep {
  readonly isCompleted: boolean
  /** The caller has to run the tool. */
  readonly isAwaited: boolean
  readonly tool: ToolExecution
}

/** Tool calls among the parts, in the form of Google ADK. */
export function toolStepsIn(parts: readonly Part[]): ToolStep[] {
  return parts.filter(isData).flatMap((part) => {
    const kind = toolPartKind(part)
    const { data, metadata } = part
    if (kind === '' || !isObject(data)) return []
    const tool: ToolExecution = {
      tool_call_id: textIn(data, 'id') ?? null,
      tool_name: textIn(data, 'name') ?? null,
      ...(isObject(data['args']) && { tool_args: data['args'] }),
      ...(kind === RESPONSE && { result: asText(data['response']) }),
    }
    const isAwaited = isObject(metadata) && metadata['adk_is_long_running'] === true
    return [{ tool, isCompleted: kind === RESPONSE, isAwaited }]
  })
}

function toolPartKind({ metadata }: DataPart): string {
  const type = textIn(metadata, 'adk_type')
  return type === CALL || type === RESPONSE ? type : ''
}

function isData(part: Part): part is DataPart {
  return part.kind === 'data'
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}
