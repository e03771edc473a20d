/** Takes in the caller's request body: small ones whole, so that they can be sent again; large ones as a stream. */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Transform } from 'node:stream'
import { GatewayError } from '../errors.ts'

export interface BodyLimits {
  /** Largest body at all. */
  readonly maxBodyBytes: number
  /** Largest body that is buffered. */
  readonly bufferBytes: number
}

/**
 * The body as a Buffer when it fits in `bufferBytes`, else as a stream that fails with `AGW_BODY_TOO_LARGE` beyond
 * `maxBodyBytes`; null when the request has none.
 *
 * @throws {GatewayError} `AGW_BODY_TOO_LARGE` when the length is announced or seen to be over the limit;
 *   `AGW_CLIENT_CLOSED` when the caller goes before the body is complete
 */
export async function takeBody(
  request: IncomingMessage,
  limits: BodyLimits,
): Promise<Buffer | Readable | null> {
  const announced = request.headers['content-length']
  if (announced === undefined && request.headers['transfer-encoding'] === undefined) return null
  const length = announced === undefined ? undefined : Number(announced)
  if (length === 0) return null
  if (length !== undefined && length > limits.maxBodyBytes) {
    throw new GatewayError('AGW_BODY_TOO_LARGE')
  }
  if (length !== undefined && length > limits.bufferBytes) return request
  const { chunks, isComplete } = await readUpTo(request, limits.bufferBytes)
  if (isComplete) return Buffer.concat(chunks)
  for (const chunk of chunks.reverse()) request.unshift(chunk)
  // A length that was announced is enforced by the HTTP parser; only an unannounced one has to be counted.
  const limited = new LimitedBody(limits.maxBodyBytes)
  request.once('close', () => {
    if (!request.complete) limited.destroy(new GatewayError('AGW_CLIENT_CLOSED'))
  })
  return request.pipe(limited)
}

/**
 * The whole body, however it was framed.
 *
 * @throws {GatewayError} `AGW_BODY_TOO_LARGE` beyond `maxBytes`
 */
export async function takeWholeBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const { chunks, isComplete } = await readUpTo(request, maxBytes)
  if (!isComplete) throw new GatewayError('AGW_BODY_TOO_LARGE')
  return Buffer.concat(chunks)
}

/** Reads until the end or until more than `maxBytes` have come; the request is paused then. */
function readUpTo(
  request: IncomingMessage,
  maxBytes: number,
): Promise<{ chunks: Buffer[]; isComplete: boolean }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    chunks: Buffer[]
    isComplete: boolean
  }>()
  const chunks: Buffer[] = []
  let bytes = 0
  const settle = (isComplete: boolean) => {
    request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
    resolve({ chunks, isComplete })
  }
  const onData = (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes <= maxBytes) return
    request.pause()
    settle(false)
  }
  const onEnd = () => settle(true)
  const onClose = () => reject(new GatewayError('AGW_CLIENT_CLOSED'))
  request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  return promise
}

/** Passes bytes on until there are too many. */
class LimitedBody extends Transform {
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    super()
    this.#maxBytes = maxBytes
  }

  override _transform(
    chunk: Buffer,
    _encoding: string,
    done: (error?: Error | null, chunk?: Buffer) => void,
  ): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#maxBytes) done(new GatewayError('AGW_BODY_TOO_LARGE'))
    else done(null, chunk)
  }
}
