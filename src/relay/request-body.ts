/** Takes in the caller's request body: small ones whole, so that they can be sent again; large ones as a stream. */
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { StreamedBody } from '../upstream/exchange.ts'
import { Upload } from './upload.ts'

/** A body that has been read already stays with its request. */
const HELD = Symbol('held body')
type HoldingBody = IncomingMessage & { readonly [HELD]?: Buffer }

export interface BodyLimits {
  /** Largest body at all. */
  readonly maxBodyBytes: number
  /** Largest body that is buffered. */
  readonly bufferBytes: number
}

/** What has come of a body, in order. */
interface BodyStart {
  readonly chunks: readonly Buffer[]
  readonly isComplete: boolean
}

/** The request brings a body (RFC 9112 §6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers
  return encoding !== undefined || (length !== undefined && Number(length) !== 0)
}

/** All of an announced length waits to be read, and nobody reads it yet. */
export function isFullyBuffered({
  headers,
  readableLength,
  readableFlowing,
}: IncomingMessage): boolean {
  return readableFlowing === null && readableLength === Number(headers['content-length'])
}

/**
 * The body as a Buffer when it fits in `bufferBytes`, else as a stream that fails with `AGW_BODY_TOO_LARGE` beyond
 * `maxBodyBytes`; null when the request has none.
 *
 * @throws {GatewayError} `AGW_BODY_TOO_LARGE` when the length is announced or seen to be over the limit;
 *   `AGW_CLIENT_CLOSED` when the caller goes before the body is complete
 */
export async function readBody(
  request: IncomingMessage,
  { maxBodyBytes, bufferBytes }: BodyLimits,
): Promise<Buffer | StreamedBody | null> {
  const held = (request as HoldingBody)[HELD]
  if (held) return held.length > 0 ? held : null
  if (!hasBody(request)) return null
  const announced = Number(request.headers['content-length'])
  if (announced > maxBodyBytes) throw new GatewayError('AGW_BODY_TOO_LARGE')
  if (announced > bufferBytes) return new Upload(request, [], maxBodyBytes)
  const { chunks, isComplete } = await readUpTo(request, bufferBytes)
  return isComplete ? joined(chunks) : new Upload(request, chunks, maxBodyBytes)
}

/**
 * The whole body, however it was framed.
 *
 * @throws {GatewayError} `AGW_BODY_TOO_LARGE` beyond `maxBytes`, `AGW_CLIENT_CLOSED` when the caller goes before
 */
export async function readWholeBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const held = (request as HoldingBody)[HELD]
  if (held) return held
  const { chunks, isComplete } = await readUpTo(request, maxBytes)
  if (!isComplete) throw new GatewayError('AGW_BODY_TOO_LARGE')
  return joined(chunks)
}

function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
}

/**
 * The whole body for somebody who looks at it before it is taken: {@link readBody} gives it out again.
 *
 * @throws {GatewayError} `AGW_BODY_TOO_LARGE` beyond `maxBytes`
 */
export async function peekBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const body = await readWholeBody(request, maxBytes)
  Object.assign(request, { [HELD]: body })
  return body
}

/** Reads until the end or until more than `maxBytes` have come; the request is paused then. */
async function readUpTo(request: IncomingMessage, maxBytes: number): Promise<BodyStart> {
  // A request without a body reports no end of it.
  if (!hasBody(request)) return { chunks: [], isComplete: true }
  // What came along with the head is taken in by the end of this turn, and needs no listeners.
  await undefined
  if (isFullyBuffered(request) && request.readableLength <= maxBytes) {
    return { chunks: [request.read() as Buffer], isComplete: true }
  }
  const { promise, resolve, reject } = Promise.withResolvers<BodyStart>()
  const chunks: Buffer[] = []
  let bytes = 0
  const leave = () =>
    request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
  const onData = (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes <= maxBytes) return
    leave().pause()
    resolve({ chunks, isComplete: false })
  }
  const onEnd = () => {
    leave()
    resolve({ chunks, isComplete: true })
  }
  const onClose = () => {
    leave()
    reject(new GatewayError('AGW_CLIENT_CLOSED'))
  }
  // A connection that broke before is not reported again.
  if (request.destroyed) onClose()
  else request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  return promise
}
