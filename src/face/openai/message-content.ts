/** Reads the parts of OpenAI messages of both APIs: text, images, sound and files. */
import type { FileMedia, Media } from '../../client/media.ts'
import { isObject } from '../../json/is-object.ts'
import { base64In, bytesIn, dataUrl } from '../base64.ts'
import { badRequest } from '../json-body.ts'
import { textOf } from '../run-result.ts'

type Dict = Readonly<Record<string, unknown>>

/** The content of one or more messages. */
export interface MessageContent {
  readonly text: string
  readonly images: readonly Media[]
  readonly audio: readonly Media[]
  readonly files: readonly FileMedia[]
}

const NOTHING: MessageContent = { text: '', images: [], audio: [], files: [] }

/**
 * @param content text, or a list of parts
 * @throws {GatewayError} `AGW_BAD_REQUEST` for parts that cannot be sent on, such as a `file_id`
 */
export function contentOf(content: unknown): MessageContent {
  if (content === undefined || content === null) return NOTHING
  if (typeof content === 'string') return { ...NOTHING, text: content }
  if (!Array.isArray(content)) throw badRequest("'content' must be text or a list of parts")
  return joined(content.map(partContent), '\n')
}

/** Joins several contents. */
export function joined(contents: readonly MessageContent[], separator: string): MessageContent {
  return {
    text: contents
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join(separator),
    images: contents.flatMap(({ images }) => images),
    audio: contents.flatMap(({ audio }) => audio),
    files: contents.flatMap(({ files }) => files),
  }
}

function partContent(part: unknown): MessageContent {
  if (typeof part === 'string') return { ...NOTHING, text: part }
  if (!isObject(part)) throw badRequest('a part of a message must be an object')
  switch (part['type']) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return { ...NOTHING, text: textIn(part['text']) }
    case 'refusal':
      return { ...NOTHING, text: textIn(part['refusal']) }
    case 'image_url':
      return image(isObject(part['image_url']) ? part['image_url']['url'] : part['image_url'])
    case 'input_image':
      if (typeof part['file_id'] === 'string') throw noFileIds()
      return image(part['image_url'])
    case 'input_audio':
      return audio(part['input_audio'])
    case 'file':
      return file(part['file'])
    case 'input_file':
      return file(part)
    default:
      throw badRequest(`parts of type '${textOf(part['type'])}' are not supported`)
  }
}

function textIn(text: unknown): string {
  if (typeof text !== 'string') throw badRequest("'text' of a part must be a string")
  return text
}

function image(url: unknown): MessageContent {
  if (typeof url !== 'string' || url === '') throw badRequest('an image needs a url')
  const data = dataUrl(url)
  if (data)
    return { ...NOTHING, images: [{ content: base64In(data.base64), mimeType: data.mimeType }] }
  return { ...NOTHING, images: [{ url: webUrl(url) }] }
}

function audio(given: unknown): MessageContent {
  const { data, format } = isObject(given) ? given : ({} as Dict)
  if (typeof data !== 'string') throw badRequest("'input_audio' needs data and format")
  const named = typeof format === 'string' ? format : 'wav'
  return {
    ...NOTHING,
    audio: [{ content: base64In(data), format: named, mimeType: `audio/${named}` }],
  }
}

/** File bytes are uploaded; AgentOS selects the medium by the MIME type. */
function file(given: unknown): MessageContent {
  const fields = isObject(given) ? given : {}
  if (typeof fields['file_id'] === 'string') throw noFileIds()
  const name = typeof fields['filename'] === 'string' ? fields['filename'] : undefined
  const url = fields['file_url']
  if (typeof url === 'string') return { ...NOTHING, files: [{ url: webUrl(url), filename: name }] }
  const data = fields['file_data']
  if (typeof data !== 'string') throw badRequest('a file needs file_data')
  const { base64, mimeType } = dataUrl(data) ?? { base64: data, mimeType: undefined }
  const content = bytesIn(base64)
  const type = mimeType ?? typeOf(name)
  return { ...NOTHING, files: [{ content, filename: name, mimeType: type }] }
}

/** Accepts only HTTP addresses, because an AgentOS fetches them. */
function webUrl(url: string): string {
  if (!/^https?:\/\//i.test(url)) throw badRequest('a url must begin with http:, https: or data:')
  return url
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['json', 'application/json'],
  ['html', 'text/html'],
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
])

function typeOf(name: string | undefined): string {
  const extension = name?.split('.').at(-1)?.toLowerCase() ?? ''
  return TYPES.get(extension) ?? 'application/octet-stream'
}

function noFileIds(): Error {
  return badRequest('file_id is not supported: send file_data or a url')
}
