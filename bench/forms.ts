/** Builds the requests that clients send: the form of a run in three encodings, as options for undici or as bytes. */
import type { Dispatcher } from 'undici'
import { TOKEN } from './token.ts'

/** `multipart` is what agent-ui and Agno's clients send. */
export type Encoding = 'multipart' | 'urlencoded' | 'json'

/** Description of one request. */
export interface Shot {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Form message of a run. */
  readonly message?: string
  /** Encoding of the form. Default `multipart`. */
  readonly encoding?: Encoding
  /** Writes head and body apart, as httpx does. Default false: together, as browsers do. */
  readonly isSplit?: boolean
}

/** Path on which runs start. */
export const RUNS = '/agents/bench/runs'

const BOUNDARY = '----bench7MA4YWxkTrZu0gW'
const CONTENT_TYPES: Readonly<Record<Encoding, string>> = {
  multipart: `multipart/form-data; boundary=${BOUNDARY}`,
  urlencoded: 'application/x-www-form-urlencoded',
  json: 'application/json',
}

/** Options of the request for undici. */
export function dispatchOptions({
  method,
  path,
  message,
  encoding = 'multipart',
}: Shot): Dispatcher.DispatchOptions {
  const authorization = `Bearer ${TOKEN}`
  if (message === undefined) return { method, path, headers: { authorization } }
  const headers = { authorization, 'content-type': CONTENT_TYPES[encoding] }
  return { method, path, headers, body: encoded(message, encoding) }
}

/** Bytes of the request: a piece for each write. */
export function requestPieces(shot: Shot): Buffer[] {
  const { method, path, message, encoding = 'multipart', isSplit = false } = shot
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'host: bench.test',
    'accept: */*',
    'accept-encoding: gzip, deflate',
    'connection: keep-alive',
    'user-agent: bench',
    `authorization: Bearer ${TOKEN}`,
  ]
  if (message === undefined) return [Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)]
  const body = Buffer.from(encoded(message, encoding))
  lines.push(`content-length: ${body.length}`, `content-type: ${CONTENT_TYPES[encoding]}`)
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  return isSplit ? [head, body] : [Buffer.concat([head, body])]
}

/** The fields that agent-ui sends. */
function encoded(message: string, encoding: Encoding): string {
  const fields = { message, stream: 'true', session_id: 's1', user_id: 'u1' }
  if (encoding === 'json') return JSON.stringify(fields)
  if (encoding === 'urlencoded') return new URLSearchParams(fields).toString()
  const parts = Object.entries(fields).map(
    ([name, value]) =>
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  return `${parts.join('')}--${BOUNDARY}--\r\n`
}

/** A run with one file of `bytes` in all. */
export function* uploadPieces(path: string, bytes: number): Iterable<Buffer> {
  const field = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a.bin"\r\n\r\n`
  const end = `\r\n--${BOUNDARY}--\r\n`
  const length = field.length + bytes + end.length
  yield Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: bench.test\r\nauthorization: Bearer ${TOKEN}\r\n` +
      `content-length: ${length}\r\ncontent-type: ${CONTENT_TYPES.multipart}\r\n\r\n${field}`,
  )
  for (let left = bytes; left > 0; left -= FILE_CHUNK.length) {
    yield left < FILE_CHUNK.length ? FILE_CHUNK.subarray(0, left) : FILE_CHUNK
  }
  yield Buffer.from(end)
}

const FILE_CHUNK = Buffer.alloc(64 * 1024, 97)
