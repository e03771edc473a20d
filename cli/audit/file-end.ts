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

/** Most bytes that are searched for the last line: more than a power failure can damage between two flushes. */
const MOST_SEARCHED = 32 * 1024 * 1024
/** Each line has a hash of 64 digits, so a shorter text is none. */
const SHORTEST_LINE = 64
/** The first bytes of every log. A power failure may leave zeros in place of bytes. */
const FIRST_BYTES = '{"seq":'
const ZERO = 0

/** End of an audit file. */
export interface FileEnd {
  /** The last whole line; undefined for a file without one. */
  readonly head: ChainHead | undefined
  /** Id of the chain, from the first line of the file. */
  readonly chain: string | undefined
  /** Text behind the last whole line, without a final line break: a crash has cut it off. Undefined for none. */
  readonly torn: Buffer | undefined
  /** The text of the file has no final line break. */
  readonly lacksLineBreak: boolean
}

/** @throws Error of the system, and for a file that holds another text than an audit log */
export async function endOf(path: string): Promise<FileEnd> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const chain = chainIn(await read(0, Math.min(size, LONGEST_LINE)))
    for (let length = 2 * LONGEST_LINE; ; length *= 8) {
      const end = endIn(await read(Math.max(0, size - length), size))
      if (end.head) return { ...end, chain }
      if (length < Math.min(size, MOST_SEARCHED)) continue
      if (chain !== undefined || isForeign(end.torn))
        throw new Error('it ends with other text than an audit log')
      return { ...end, chain }
    }
  } finally {
    await file.close()
  }

  async function read(from: number, to: number): Promise<Buffer> {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from)
    return buffer.subarray(0, bytesRead)
  }
}

/** A crash can also cut off the report about a cut-off line, so the last whole line may have several texts behind it. */
function endIn(bytes: Buffer): Omit<FileEnd, 'chain'> {
  const lacksLineBreak = bytes.length > 0 && bytes.at(-1) !== NEWLINE
  const text = lacksLineBreak ? bytes : bytes.subarray(0, -1)
  for (let end = text.length; end >= 0; ) {
    const start = end === 0 ? 0 : text.lastIndexOf(NEWLINE, end - 1) + 1
    const line = text.subarray(start, end)
    const parsed = line.length < SHORTEST_LINE ? undefined : parseLine(line)
    if (parsed) {
      const torn = end === text.length ? undefined : text.subarray(end + 1)
      return { head: headOf(line, parsed), torn, lacksLineBreak }
    }
    end = start - 1
  }
  return { head: undefined, torn: bytes.length > 0 ? text : undefined, lacksLineBreak }
}

/** A text that no crash has left of a first line. */
function isForeign(torn: Buffer | undefined): boolean {
  const start = torn?.toString('latin1', 0, FIRST_BYTES.length) ?? ''
  return torn !== undefined && torn[0] !== ZERO && !FIRST_BYTES.startsWith(start)
}

function headOf(line: Buffer, { seq }: AuditLine): ChainHead {
  return { seq, hash: hashOf(line) }
}

/** The first line may follow a cut-off text. */
function chainIn(start: Buffer): string | undefined {
  for (let from = 0; from < start.length; ) {
    const end = start.indexOf(NEWLINE, from)
    const line = parseLine(start.subarray(from, end === -1 ? undefined : end))
    if (line) return typeof line['chain'] === 'string' ? line['chain'] : undefined
    if (end === -1) return undefined
    from = end + 1
  }
  return undefined
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
      const status = await stat(file).catch(() => undefined)
      return { file, changedMs: status?.isFile() ? status.mtimeMs : 0 }
    }),
  )
  const newest = dated.toSorted((a, b) => b.changedMs - a.changedMs).slice(0, MOST_ROTATED)
  const ends = await Promise.all(newest.map(({ file }) => endOf(file).catch(() => undefined)))
  return ends
    .filter((end) => end?.head !== undefined)
    .toSorted((a, b) => (b?.head?.seq ?? 0) - (a?.head?.seq ?? 0))[0]
}
