/** Converts files to the form that the A2A interface of an AgentOS accepts. */
import { GatewayError } from '../errors.ts'
import type { FilePart, TextPart } from './wire.ts'

/** First base64 characters of the image formats, for files without a MIME type. */
const IMAGE_BEGINNINGS = [
  ['iVBORw0KGgo', 'image/png'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
] as const

/** Text types outside of `text/`. */
const TEXT_TYPES = new Set(['application/json', 'application/x-javascript', 'application/x-python'])

/**
 * Converts one file. Agno 2.9.0 to 3.1.10 keep the bytes of a file part as base64 text, which fails in the model, and
 * turn an image into a document. So an image is sent as a `data:` URL, and a text file as text of the message.
 *
 * @throws {GatewayError} `AGW_A2A_FILE_UNSUPPORTED` for any other file that is sent by its bytes
 */
export function partForAgno(part: FilePart): FilePart | TextPart {
  const { file } = part
  const mimeType = file.mimeType ?? ''
  // The request names no MIME type. Agno refuses `application/octet-stream`, and treats an untyped document as PDF until
  // it has fetched it.
  const isUntyped = mimeType === 'application/octet-stream'
  if ('uri' in file) {
    return isUntyped ? { ...part, file: { ...file, mimeType: 'application/pdf' } } : part
  }
  const { bytes, name } = file
  if (mimeType.startsWith('image/')) {
    const type = mimeType === 'image/*' ? imageType(bytes) : mimeType
    const uri = `data:${type};base64,${bytes}`
    return { kind: 'file', file: { uri, mimeType: type, ...(name !== undefined && { name }) } }
  }
  const essence = mimeType.split(';', 1)[0] ?? ''
  if (essence.startsWith('text/') || TEXT_TYPES.has(essence)) {
    const text = Buffer.from(bytes, 'base64').toString('utf8')
    return { kind: 'text', text: name === undefined ? text : `${name}:\n${text}` }
  }
  throw new GatewayError('AGW_A2A_FILE_UNSUPPORTED')
}

function imageType(bytes: string): string {
  return IMAGE_BEGINNINGS.find(([start]) => bytes.startsWith(start))?.[1] ?? 'image/jpeg'
}
