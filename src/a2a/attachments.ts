/** Converts the media of a run's form to parts of an A2A message. */
import { isObject } from '../json/is-object.ts'
import { parseJson } from '../json/parse.ts'
import type { FilePart } from './wire.ts'
import { textIn } from './wire.ts'

/** Form fields that contain media as JSON, with the default MIME type of Agno's A2A client. */
const MEDIA_FIELDS = {
  images: 'image/*',
  audio: 'audio/*',
  videos: 'video/*',
  input_files: 'application/octet-stream',
} as const

/** Returns one part for each file. Like Agno's client, it omits files that have only a local path. */
export async function attachments(form: FormData): Promise<FilePart[]> {
  const parts: FilePart[] = []
  for (const [field, mimeType] of Object.entries(MEDIA_FIELDS)) {
    for (const value of form.getAll(field)) {
      const items = typeof value === 'string' ? await described(value) : []
      parts.push(...items.flatMap((item) => describedPart(item, mimeType)))
    }
  }
  for (const value of form.getAll('files')) {
    if (typeof value !== 'string') parts.push(await uploadedPart(value))
  }
  return parts
}

/** Parses one object or a list of objects; any other text gives an empty list. */
async function described(json: string): Promise<Record<string, unknown>[]> {
  try {
    const parsed = await parseJson(Buffer.from(json))
    return (Array.isArray(parsed) ? parsed : [parsed]).filter(isObject)
  } catch {
    return []
  }
}

function describedPart(item: Record<string, unknown>, fallback: string): FilePart[] {
  const mimeType = textIn(item, 'mime_type') ?? fallback
  const name = textIn(item, 'filename') ?? textIn(item, 'name')
  const description = { mimeType, ...(name !== undefined && { name }) }
  const uri = textIn(item, 'url')
  if (uri !== undefined) return [{ kind: 'file', file: { uri, ...description } }]
  const content = textIn(item, 'content')
  if (content === undefined) return []
  // Agno stores the content of text files as text, and of all other files as base64.
  const isText = mimeType.startsWith('text/')
  const bytes = isText ? Buffer.from(content).toString('base64') : content
  return [{ kind: 'file', file: { bytes, ...description } }]
}

async function uploadedPart(file: File): Promise<FilePart> {
  const bytes = Buffer.from(await file.arrayBuffer()).toString('base64')
  const mimeType = file.type === '' ? 'application/octet-stream' : file.type
  return { kind: 'file', file: { bytes, mimeType, ...(file.name !== '' && { name: file.name }) } }
}
