/** Reads an audit file line by line in constant memory, also one that gzip has compressed. */
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
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

/** @throws Error of the system, and for a line of more than 256 KiB */
export async function* linesOf(path: string): AsyncGenerator<FileLine> {
  let rest: Buffer = Buffer.alloc(0)
  let number = 0
  for await (const chunk of bytesOf(path)) {
    let bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE)) {
      number++
      yield { number, bytes: bytes.subarray(0, end), isEnded: true }
      bytes = bytes.subarray(end + 1)
    }
    rest = bytes
    if (rest.length > LONGEST_LINE) throw new Error(`line ${number + 1} is longer than 256 KiB`)
  }
  if (rest.length > 0) yield { number: number + 1, bytes: rest, isEnded: false }
}

function bytesOf(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: READ_BYTES })
  if (!path.endsWith('.gz')) return file
  return pipeline(file, createGunzip(), () => {})
}
