/** Encodes and decodes `application/x-www-form-urlencoded` bodies of any length in turns. */
import { Turn } from '../turns.ts'

/** Characters or bytes that are handled between two looks at the clock. */
const STEP = 64 * 1024
const HIGH_SURROGATE = /[\ud800-\udbff]$/
const AMPERSAND = 0x26
const EQUALS = 0x3d
const PERCENT = 0x25
const PLUS = 0x2b
const SPACE = 0x20

/** The body of these pairs, encoded as `URLSearchParams` does. */
export async function encodedPairs(
  pairs: Iterable<readonly [name: string, value: string]>,
): Promise<Buffer> {
  const turn = new Turn()
  const pieces: Buffer[] = []
  for (const [name, value] of pairs) {
    if (pieces.length > 0) pieces.push(Buffer.from('&'))
    await encode(name, turn, pieces)
    pieces.push(Buffer.from('='))
    await encode(value, turn, pieces)
  }
  return Buffer.concat(pieces)
}

async function encode(text: string, turn: Turn, pieces: Buffer[]): Promise<void> {
  for (let at = 0; at < text.length; ) {
    let piece = text.slice(at, at + STEP)
    if (HIGH_SURROGATE.test(piece) && at + piece.length < text.length) piece = piece.slice(0, -1)
    pieces.push(Buffer.from(new URLSearchParams([['', piece]]).toString().slice(1), 'latin1'))
    at += piece.length
    await turn.rest()
  }
}

/** The pairs of a body, decoded as `URLSearchParams` does. */
export async function decodedPairs(body: Buffer): Promise<[name: string, value: string][]> {
  const turn = new Turn()
  const pairs: [string, string][] = []
  for (let at = 0; at < body.length; ) {
    const found = body.indexOf(AMPERSAND, at)
    const end = found === -1 ? body.length : found
    if (end > at) {
      const equals = body.subarray(at, end).indexOf(EQUALS)
      const nameEnd = equals === -1 ? end : at + equals
      const name = await decode(body.subarray(at, nameEnd), turn)
      pairs.push([name, await decode(body.subarray(Math.min(nameEnd + 1, end), end), turn)])
    }
    at = end + 1
    await turn.rest()
  }
  return pairs
}

async function decode(bytes: Buffer, turn: Turn): Promise<string> {
  const decoded = Buffer.allocUnsafe(bytes.length)
  let length = 0
  for (let at = 0; at < bytes.length; ) {
    for (const until = Math.min(at + STEP, bytes.length); at < until; at++) {
      const byte = bytes[at] as number
      const escaped = byte === PERCENT ? hexAt(bytes, at + 1) : -1
      decoded[length++] = escaped === -1 ? (byte === PLUS ? SPACE : byte) : escaped
      if (escaped !== -1) at += 2
    }
    await turn.rest()
  }
  return decoded.toString('utf8', 0, length)
}

/** The byte of two hexadecimal digits; -1 for anything else. */
function hexAt(bytes: Buffer, at: number): number {
  const high = digit(bytes[at])
  const low = digit(bytes[at + 1])
  return high === -1 || low === -1 ? -1 : high * 16 + low
}

function digit(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
