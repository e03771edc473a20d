/** Reads an audit file line by line in constant memory, also one that gzip has compressed. */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { unreadable } from '../../config/read-text.ts'
import { LONGEST_LINE } from './file-end.ts'

const NEWLINE = 10
const READ_BYTES = 1024 * 1024

/** A line of a file. */
export interface FileLine {
  /** From 1. */
  readonly number: number
  /** Without its line break. */
  readonly bytes: Buffer
  /** The line has a line break: only the last line of a file may lack it. */
  readonly isEnded: boolean
}

/** @throws Error with the path, for a file that cannot be read and for a line of more than 256 KiB */
export async function* linesOf(path: string): AsyncGenerator<FileLine> {
  let rest: Buffer = Buffer.alloc(0)
  let number = 0
  for await (const chunk of bytesOf(path)) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE)) {
      number++
      yield { number, bytes: bytes.subarray(0, end), isEnded: true }
      bytes = bytes.subarray(end + 1)
    }
    rest = bytes
    if (rest.length > LONGEST_LINE) throw new Error(`${path}:${number + 1}: longer than 256 KiB`)
  }
  if (rest.length > 0) yield { number: number + 1, bytes: rest, isEnded: false }
}

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: READ_BYTES })
  const bytes = path.endsWith('.gz') ? pipeline(file, createGunzip(), () => {}) : file
  try {
    yield* bytes
  } catch (error) {
    throw new Error(`${path}: ${unreadable(error)}`, { cause: error })
  }
}
