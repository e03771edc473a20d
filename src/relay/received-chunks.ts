/** Finds the upstream's chunks around the pieces of a body, which are passed on without a copy. */
import { isReceived } from '../upstream/direct-read.ts'

const CR = 13
const LF = 10
const LINE_END_BYTES = 2
const DIGITS = Buffer.from('0123456789abcdef')

/**
 * Each piece that undici returns is a view of the received bytes, where its chunk (RFC 9112 §7.1) still surrounds it. The result
 * holds exactly the bytes that framing the pieces again would give: a size with an extension, a leading zero or a capital letter is
 * not accepted.
 *
 * @returns the chunks of all pieces in one view; undefined when other bytes surround or divide them, and for bytes that are not in
 *   the memory in which they were received
 */
export function receivedChunks(pieces: readonly Buffer[]): Buffer | undefined {
  const first = pieces[0]
  const last = pieces[pieces.length - 1]
  // In other memory, such as the shared pool, another buffer may own the bytes around a view and change them.
  if (!first || !last || !isReceived(first.buffer)) return undefined
  const start = first.byteOffset - headBytes(first.length)
  const end = last.byteOffset + last.length + LINE_END_BYTES
  if (start < 0 || end > first.buffer.byteLength) return undefined
  const chunks = Buffer.from(first.buffer, start, end - start)
  let at = 0
  for (const { buffer, byteOffset, length } of pieces) {
    const bodyAt = at + headBytes(length)
    if (buffer !== first.buffer || byteOffset - start !== bodyAt) return undefined
    if (!isHead(chunks, at, length) || !isLineEnd(chunks, bodyAt + length)) return undefined
    at = bodyAt + length + LINE_END_BYTES
  }
  return chunks
}

/** Length of a chunk's size and its line end. */
function headBytes(length: number): number {
  return Math.ceil((32 - Math.clz32(length)) / 4) + LINE_END_BYTES
}

/** An empty piece has no head: its chunk would end the body. */
function isHead(bytes: Buffer, start: number, length: number): boolean {
  let at = start + headBytes(length) - LINE_END_BYTES
  if (length === 0 || !isLineEnd(bytes, at)) return false
  for (let rest = length; rest > 0; rest >>>= 4) if (bytes[--at] !== DIGITS[rest & 15]) return false
  return true
}

function isLineEnd(bytes: Buffer, at: number): boolean {
  return bytes[at] === CR && bytes[at + 1] === LF
}
