/** Converts the media of a run's form to parts of an A2A message. */
import type { FilePart } from './wire.ts'
import { isObject, textIn } from './wire.ts'

/** Fields with media as JSON, and the type of what says none, as Agno's A2A client names it. */
const MEDIA_FIELDS = {
  images: 'image/*',
  audio: 'audio/*',
  videos: 'video/*',
  input_files: 'application/octet-stream',
} as const

/** One part for each file; what is only a path on some machine is left out, as Agno's client leaves it out. */
export async function attachments(form: FormData): Promise<FilePart[]> {
  const parts: FilePart[] = []
  for (const [field, mimeType] of Object.entries(MEDIA_FIELDS)) {
    for (const value of form.getAll(field)) {
      const items = typeof value === 'string' ? described(value) : []
      parts.push(...items.flatMap((item) => describedPart(item, mimeType)))
    }
  }
  for (const value of form.getAll('files')) {
    if (typeof value !== 'string') parts.push(await uploadedPart(value))
  }
  return parts
}

/** One object or a list of them; text that is neither is no media. */
function described(json: string): Record<string, unknown>[] {
  try {
    const parsed: unknown = JSON.parse(json)
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
  // Agno writes the content of text files as the text itself, any other in base64.
  const isText = mimeType.startsWith('text/')
  const bytes = isText ? Buffer.from(content).toString('base64') : content
  return [{ kind: 'file', file: { bytes, ...description } }]
}

async function uploadedPart(file: File): Promise<FilePart> {
  const bytes = Buffer.from(await file.arrayBuffer()).toString('base64')
  const mimeType = file.type === '' ? 'application/octet-stream' : file.type
  return { kind: 'file', file: { bytes, mimeType, ...(file.name !== '' && { name: file.name }) } }
}
