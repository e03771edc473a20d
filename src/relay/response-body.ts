/** Writes the body of a response to the caller in as few system calls as possible, and keeps its end for the metrics. */
import type { Socket } from 'node:net'
import { receivedChunks } from './received-chunks.ts'
import type { RelayOutput } from './relay-output.ts'

/** Largest piece that is copied into a chunk; copying a larger one costs more than it saves. */
const COPIED_BYTES = 16 * 1024
const CR = 13
const LF = 10

/**
 * Writes the next pieces of a body. Node writes each chunk (RFC 9112 §7.1) in three parts and one turn later, a fifth of the
 * cost of an event. When the head has left and the socket belongs to this response, the chunk is framed here instead.
 *
 * @param isHeadSent the head has been written or flushed
 * @returns the emitter of `drain` when the buffer is full; undefined when there is room
 */
export function writeBody<Output extends RelayOutput>(
  response: Output,
  pieces: readonly Buffer[],
  isHeadSent: boolean,
): Output | Socket | undefined {
  const socket = isHeadSent ? ownSocket(response) : undefined
  const chunk = socket && (receivedChunks(pieces) ?? chunkOf(pieces))
  if (socket && chunk) return socket.write(chunk) ? undefined : socket
  return response.write(joined(pieces)) ? undefined : response
}

/**
 * The socket, if chunks may be written to it. A pipelined response has no socket before the previous one ends. A corked socket
 * holds bytes that a direct write would overtake.
 */
function ownSocket({ chunkedEncoding, writableCorked, socket }: RelayOutput): Socket | undefined {
  const isOwn = chunkedEncoding && writableCorked === 0 && socket?.writable
  return isOwn ? socket : undefined
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
}

/** @returns undefined for too many bytes, and for none: a chunk of length 0 would end the body (RFC 9112 §7.1) */
function chunkOf(pieces: readonly Buffer[]): Buffer | undefined {
  let length = 0
  for (const piece of pieces) length += piece.length
  if (length === 0 || length > COPIED_BYTES) return undefined
  const size = `${length.toString(16)}\r\n`
  const chunk = Buffer.allocUnsafe(size.length + length + 2)
  let at = chunk.write(size, 'latin1')
  for (const piece of pieces) {
    chunk.set(piece, at)
    at += piece.length
  }
  chunk[at] = CR
  chunk[at + 1] = LF
  return chunk
}

/** Longest JSON response that is kept, in bytes. */
const MAX_BYTES = 256 * 1024

/** Keeps the end of a response while it passes. Copies nothing. */
export class ResponseTail {
  readonly #isEventStream: boolean
  /** Of an event stream, the pieces of the last write. */
  #pieces: Buffer[] = []
  #bytes = 0

  constructor(isEventStream: boolean) {
    this.#isEventStream = isEventStream
  }

  /** @param pieces of one write; of an event stream: whole events */
  push(pieces: Buffer[]): void {
    if (this.#isEventStream) {
      this.#pieces = pieces
      return
    }
    for (const piece of pieces) this.#bytes += piece.length
    if (this.#bytes <= MAX_BYTES) this.#pieces.push(...pieces)
    else this.#pieces = []
  }

  /** The last write of an event stream, or the whole JSON response. Undefined when nothing was kept. */
  get bytes(): Buffer | undefined {
    return this.#pieces.length === 0 ? undefined : joined(this.#pieces)
  }
}
