/** Reads where the chain of an audit log continues: its last line, and a line that a crash has cut off. */
import { open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { AuditLine, ChainHead } from '../../src/audit/chain.ts'
import { hashOf, parseLine } from '../../src/audit/chain.ts'

/** Longest line, in bytes. */
export const LONGEST_LINE = 256 * 1024
const NEWLINE = 10
/** Rotated files that are searched for the last line, the newest first. */
const MOST_ROTATED = 5
const OTHER_FILES = /\.(?:lock|gz|zst|xz|bz2)$/

/** End of an audit file. */
export interface FileEnd {
  /** The last whole line; undefined for a file without one. */
  readonly head: ChainHead | undefined
  /** Id of the chain, from the first line of the file. */
  readonly chain: string | undefined
  /** Bytes after the last whole line: a line that was cut off. Empty for none. */
  readonly torn: Buffer
  /** The last line is whole, and only its line break is missing. */
  readonly lacksLineBreak: boolean
}

/** @throws Error of the system */
export async function endOf(path: string): Promise<FileEnd> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const first = await read(0, Math.min(size, LONGEST_LINE))
    const last = await read(Math.max(0, size - 2 * LONGEST_LINE), size)
    return { ...endIn(last), chain: chainIn(first) }
  } finally {
    await file.close()
  }

  async function read(from: number, to: number): Promise<Buffer> {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from)
    return buffer.subarray(0, bytesRead)
  }
}

function endIn(bytes: Buffer): Omit<FileEnd, 'chain'> {
  const end = bytes.lastIndexOf(NEWLINE)
  const torn = bytes.subarray(end + 1)
  const rest = parseLine(torn)
  if (rest !== undefined) {
    return { head: headOf(torn, rest), torn: Buffer.alloc(0), lacksLineBreak: true }
  }
  const start = bytes.lastIndexOf(NEWLINE, end - 1) + 1
  const line = end === -1 ? undefined : bytes.subarray(start, end)
  const parsed = line && parseLine(line)
  return { head: line && parsed && headOf(line, parsed), torn, lacksLineBreak: false }
}

function headOf(line: Buffer, { seq }: AuditLine): ChainHead {
  return { seq, hash: hashOf(line) }
}

function chainIn(start: Buffer): string | undefined {
  const end = start.indexOf(NEWLINE)
  const chain = parseLine(end === -1 ? start : start.subarray(0, end))?.['chain']
  return typeof chain === 'string' ? chain : undefined
}

/**
 * The end of the newest file that log rotation has made of this one while no gateway was running, such as `audit.jsonl.1`.
 *
 * @returns undefined where there is none
 */
export async function rotatedEnd(path: string): Promise<FileEnd | undefined> {
  const directory = dirname(path)
  const name = basename(path)
  const names = await readdir(directory)
  const rotated = names.filter(
    (each) => each.startsWith(name) && each !== name && !OTHER_FILES.test(each),
  )
  const dated = await Promise.all(
    rotated.map(async (each) => {
      const file = join(directory, each)
      return { file, changedMs: (await stat(file)).mtimeMs }
    }),
  )
  const newest = dated.toSorted((a, b) => b.changedMs - a.changedMs).slice(0, MOST_ROTATED)
  const ends = await Promise.all(newest.map(({ file }) => endOf(file).catch(() => undefined)))
  return ends
    .filter((end) => end?.head !== undefined)
    .toSorted((a, b) => (b?.head?.seq ?? 0) - (a?.head?.seq ?? 0))[0]
}
