/** Writes the body of a response to the caller in as few system calls as possible, and keeps its end for the metrics. */
import type { Socket } from 'node:net'
import type { RelayOutput } from './relay-output.ts'

/** Largest piece that is copied into a chunk; copying a larger one costs more than it saves. */
const COPIED_BYTES = 16 * 1024
const CR = 13
const LF = 10

/**
 * Writes the next piece of a body. Node writes each chunk (RFC 9112 §7.1) in three parts and one turn later, a fifth of the
 * cost of an event. When the head has left and the socket belongs to this response, the chunk is framed here instead.
 *
 * @param isHeadSent the head has been written or flushed
 * @returns the emitter of `drain` when the buffer is full; undefined when there is room
 */
export function writeBody<Output extends RelayOutput>(
  response: Output,
  bytes: Buffer,
  isHeadSent: boolean,
): Output | Socket | undefined {
  const { socket } = response
  // A pipelined response has no socket before the previous one ends. A corked socket holds bytes that a direct write would
  // overtake.
  const ownsSocket =
    isHeadSent &&
    response.chunkedEncoding &&
    response.writableCorked === 0 &&
    socket?.writable === true
  // A chunk of length 0 would end the body (RFC 9112 §7.1).
  if (!ownsSocket || bytes.length === 0 || bytes.length > COPIED_BYTES) {
    return response.write(bytes) ? undefined : response
  }
  return socket.write(chunkOf(bytes)) ? undefined : socket
}

function chunkOf(bytes: Buffer): Buffer {
  const size = `${bytes.length.toString(16)}\r\n`
  const chunk = Buffer.allocUnsafe(size.length + bytes.length + 2)
  chunk.write(size, 'latin1')
  chunk.set(bytes, size.length)
  chunk[chunk.length - 2] = CR
  chunk[chunk.length - 1] = LF
  return chunk
}

/** Longest JSON response that is kept, in bytes. */
const MAX_BYTES = 256 * 1024

/** Keeps the end of a response while it passes. Copies nothing. */
export class ResponseTail {
  readonly #isEventStream: boolean
  #chunks: Buffer[] = []
  #last: Buffer | undefined
  #bytes = 0

  constructor(isEventStream: boolean) {
    this.#isEventStream = isEventStream
  }

  /** @param bytes of an event stream: whole events */
  push(bytes: Buffer): void {
    if (this.#isEventStream) {
      this.#last = bytes
      return
    }
    this.#bytes += bytes.length
    if (this.#bytes <= MAX_BYTES) this.#chunks.push(bytes)
    else this.#chunks = []
  }

  /** The last chunk of an event stream, or the whole JSON response. Undefined when nothing was kept. */
  get bytes(): Buffer | undefined {
    if (this.#isEventStream) return this.#last
    if (this.#chunks.length < 2) return this.#chunks[0]
    return Buffer.concat(this.#chunks)
  }
}
