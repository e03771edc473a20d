/** Reading request bodies: multipart and urlencoded forms, and JSON objects. All bounded. */
import type { IncomingMessage } from 'node:http'
import { Fields } from './fields.ts'
import { HttpError } from './http.ts'

/** The largest body taken at all, files included. */
const MAX_BODY_BYTES = 16 * 1024 * 1024
/** The most text one form or JSON body may hold: text is what runs, sessions and memories keep. */
const MAX_TEXT_BYTES = 64 * 1024

const FORM = /^(multipart\/form-data|application\/x-www-form-urlencoded)\b/i
/** What AgentOS takes as an image, audio, video or document, near enough. */
const SUPPORTED_FILE =
  /^(image|audio|video|text)\/|^application\/(pdf|json|x-javascript|msword|rtf|octet-stream|vnd\.)/i

/** A form as the client sent it. Files are counted and dropped: the scripted agents read none. */
export interface Form {
  fields: Fields
  /** `true` when every file is of a type AgentOS accepts. */
  filesSupported: boolean
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLarge(): HttpError {
  return new HttpError(413, 'Request body too large for the demo', { connection: 'close' })
}

/**
 * Reads a form; any other content type is an empty form, as in FastAPI.
 * @throws HttpError 400 when the form is malformed, 413 when it is too large.
 */
export async function readForm(request: IncomingMessage): Promise<Form> {
  const body = await readBody(request, MAX_BODY_BYTES)
  const type = request.headers['content-type'] ?? ''
  const values = new Map<string, string>()
  let textBytes = 0
  let filesSupported = true
  for (const [name, value] of FORM.test(type) ? await parse(body, type) : []) {
    if (typeof value === 'string') {
      textBytes += name.length + value.length
      // FastAPI takes an empty form field for an absent one.
      if (value !== '') values.set(name, value)
    } else if (!SUPPORTED_FILE.test(value.type || 'application/octet-stream')) {
      filesSupported = false
    }
  }
  if (textBytes > MAX_TEXT_BYTES) throw tooLarge()
  return { fields: new Fields('body', values), filesSupported }
}

/** `Response` is the form parser that ships with Node. */
async function parse(body: Buffer<ArrayBuffer>, type: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { 'content-type': type } }).formData()
  } catch {
    throw new HttpError(400, 'There was an error parsing the body')
  }
}

/**
 * Reads a JSON object.
 * @throws HttpError 422 when the body is no JSON object, 413 when it is too large.
 */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const text = (await readBody(request, MAX_TEXT_BYTES)).toString()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new HttpError(422, [
      { type: 'json_invalid', loc: ['body'], msg: 'JSON decode error', input: {} },
    ])
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  const msg = 'Input should be a valid dictionary or object to extract fields from'
  throw new HttpError(422, [{ type: 'model_attributes_type', loc: ['body'], msg, input: value }])
}
