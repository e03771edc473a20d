/** The body of a response to the caller: writes it piece by piece, and keeps the end of it for the metrics. */
import type { Socket } from 'node:net'
import type { RelayOutput } from './relay-output.ts'

/** Longer pieces are not copied: that would cost more than it saves. */
const COPIED_BYTES = 16 * 1024
const CR = 13
const LF = 10

/**
 * The next piece of a body. Node hands each chunk (RFC 9112 §7.1) to the system in three parts, a turn of the event loop later;
 * for an event of a stream that is a fifth of all it costs. Where the head has left and the connection is this answer's own,
 * the chunk is put together here instead.
 *
 * @param isHeadSent the head has been written, or flushed
 * @returns what says `drain` once there is room again; undefined where there is room
 */
export function writeBody<Output extends RelayOutput>(
  response: Output,
  bytes: Buffer,
  isHeadSent: boolean,
): Output | Socket | undefined {
  const { socket } = response
  // A pipelined response has no socket until the one before it ends. A corked one holds bytes that a write past it would overtake.
  const ownsSocket =
    isHeadSent &&
    response.chunkedEncoding &&
    response.writableCorked === 0 &&
    socket?.writable === true
  // A chunk of no length ends the body (RFC 9112 §7.1).
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

/** A JSON answer that is longer is not kept. */
const MAX_BYTES = 256 * 1024

/** Keeps hold of the end of a response while it passes through: nothing is copied. */
export class ResponseTail {
  readonly #isEventStream: boolean
  #chunks: Buffer[] = []
  #last: Buffer | undefined
  #bytes = 0

  constructor(isEventStream: boolean) {
    this.#isEventStream = isEventStream
  }

  /** @param bytes of a stream: whole events */
  push(bytes: Buffer): void {
    if (this.#isEventStream) {
      this.#last = bytes
      return
    }
    this.#bytes += bytes.length
    if (this.#bytes <= MAX_BYTES) this.#chunks.push(bytes)
    else this.#chunks = []
  }

  /** The last events of a stream, as far as they came at once; the whole of a JSON answer. Undefined where nothing is kept. */
  get bytes(): Buffer | undefined {
    if (this.#isEventStream) return this.#last
    if (this.#chunks.length < 2) return this.#chunks[0]
    return Buffer.concat(this.#chunks)
  }
}
