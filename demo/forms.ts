/** Reads request bodies: multipart and urlencoded forms, and JSON objects. Every size is limited. */
import type { IncomingMessage } from 'node:http'
import { Fields } from './fields.ts'
import { HttpError } from './http.ts'

/** Largest body in bytes, including files. */
const MAX_BODY_BYTES = 16 * 1024 * 1024
/** Largest text of one form or JSON body in bytes: runs, sessions and memories keep it. */
const MAX_TEXT_BYTES = 64 * 1024

const FORM = /^(multipart\/form-data|application\/x-www-form-urlencoded)\b/i
/** Pattern of the MIME types that AgentOS accepts as image, audio, video or document; slightly simplified. */
const SUPPORTED_FILE =
  /^(image|audio|video|text)\/|^application\/(pdf|json|x-javascript|msword|rtf|octet-stream|vnd\.)/i

/** A parsed form. Files are counted and dropped, because the scripted agents read none. */
export interface Form {
  fields: Fields
  /** `true` if AgentOS accepts the type of every file. */
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
 * Reads a form; any other content type gives an empty form, as in FastAPI. @throws HttpError 400 for a malformed form,
 * 413 for one over the limit.
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
      // FastAPI treats an empty form field as absent.
      if (value !== '') values.set(name, value)
    } else if (!SUPPORTED_FILE.test(value.type || 'application/octet-stream')) {
      filesSupported = false
    }
  }
  if (textBytes > MAX_TEXT_BYTES) throw tooLarge()
  return { fields: new Fields('body', values), filesSupported }
}

/** `Response` contains the form parser of Node. */
async function parse(body: Buffer<ArrayBuffer>, type: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { 'content-type': type } }).formData()
  } catch {
    throw new HttpError(400, 'There was an error parsing the body')
  }
}

/** Reads a JSON object. @throws HttpError 422 for any other body, 413 for one over the limit. */
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
