/** Reads the caller's request body: a small one into a Buffer that can be sent again, a large one as a stream. */
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { StreamedBody } from '../upstream/exchange.ts'
import { Upload } from './upload.ts'

/** A body that was read before stays with its request. */
const HELD = Symbol('held body')
type HoldingBody = IncomingMessage & { readonly [HELD]?: Buffer }

export interface BodyLimits {
  /** Largest accepted body. */
  readonly maxBodyBytes: number
  /** Largest body that is buffered. */
  readonly bufferBytes: number
}

/** Chunks that have been read, in order. */
interface BodyStart {
  readonly chunks: readonly Buffer[]
  readonly isComplete: boolean
}

/** The request has a body (RFC 9112 §6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers
  return encoding !== undefined || (length !== undefined && Number(length) !== 0)
}

/** The whole body of a known length is buffered, and no listener reads it yet. */
export function isFullyBuffered({
  headers,
  readableLength,
  readableFlowing,
}: IncomingMessage): boolean {
  return readableFlowing === null && readableLength === Number(headers['content-length'])
}

/**
 * Returns a Buffer for a body of at most `bufferBytes`, a stream for a larger one, and null for none. The stream fails with
 * `AGW_BODY_TOO_LARGE` beyond `maxBodyBytes`.
 *
 * @throws {GatewayError} `AGW_BODY_TOO_LARGE` when the length is over the limit; `AGW_CLIENT_CLOSED` when the caller leaves
 *   before the end of the body
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
 * Returns the whole body, with any framing.
 *
 * @throws {GatewayError} `AGW_BODY_TOO_LARGE` beyond `maxBytes`; `AGW_CLIENT_CLOSED` when the caller leaves before
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
 * Reads the whole body and keeps it, so that {@link readBody} returns it again.
 *
 * @throws {GatewayError} `AGW_BODY_TOO_LARGE` beyond `maxBytes`
 */
export async function peekBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const body = await readWholeBody(request, maxBytes)
  Object.assign(request, { [HELD]: body })
  return body
}

/** Reads to the end, or until more than `maxBytes` have arrived. The request is paused then. */
async function readUpTo(request: IncomingMessage, maxBytes: number): Promise<BodyStart> {
  // Node emits no `end` for a request without a body.
  if (!hasBody(request)) return { chunks: [], isComplete: true }
  // A body that arrived with the head is buffered at the end of this turn, so it needs no listeners.
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
  // Node emits no second `close` for a connection that is already closed.
  if (request.destroyed) onClose()
  else request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  return promise
}
