/** Checks audit files: each line must follow the line before it, also from one file to the next. */
import type { Hash } from 'node:crypto'
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import type { AuditLine, ChainHead } from '../../src/audit/chain.ts'
import { GENESIS, hashOf, linkFault, macFault, parseLine } from '../../src/audit/chain.ts'
import type { FileLine } from './file-lines.ts'
import { linesOf } from './file-lines.ts'

/** The first line that is wrong. */
export interface BrokenLine {
  readonly file: string
  readonly line: number
  readonly reason: string
}

/** A chain that is whole. */
export interface ChainSummary {
  readonly chain: string
  readonly files: readonly string[]
  readonly lines: number
  readonly first: { readonly seq: number; readonly time: string }
  readonly last: { readonly seq: number; readonly time: string; readonly hash: string }
  /** Lines that a crash cut off. */
  readonly torn: number
  /** Lines that were never written, as the log itself reports. */
  readonly lost: number
  /** Starts of a gateway without an end of the one before. */
  readonly uncleanStarts: number
  /** The last line is cut off: the gateway is writing it, or has not started since a crash. */
  readonly isUnfinished: boolean
}

/** A file, and its first line. */
interface Part {
  readonly file: string
  readonly chain: string
  readonly seq: number
}

/**
 * @param files files of one or more chains, in any order
 * @param key checks the `mac` of every line
 * @throws Error with the path, for a file that cannot be read, and for a pipe, which cannot be read twice
 */
export async function verifyFiles(
  files: readonly string[],
  key: string | undefined,
): Promise<readonly ChainSummary[] | BrokenLine> {
  const chains = new Map<string, Part[]>()
  for (const file of files) {
    await assertNoPipe(file)
    const part = await partOf(file)
    if ('reason' in part) return part
    chains.set(part.chain, [...(chains.get(part.chain) ?? []), part])
  }
  const summaries: ChainSummary[] = []
  for (const [chain, parts] of chains) {
    const walk = new ChainWalk(chain, key)
    for (const { file } of parts.toSorted((a, b) => a.seq - b.seq)) {
      const broken = await walk.file(file)
      if (broken) return broken
    }
    const broken = walk.end()
    if (broken) return broken
    summaries.push(walk.summary)
  }
  return summaries
}

/** @throws Error with the path, for a pipe; a file that is not there is reported when it is read */
async function assertNoPipe(file: string): Promise<void> {
  const status = await stat(file).catch(() => undefined)
  if (status?.isFIFO()) throw new Error(`${file}: cannot be read: is a pipe, and it is read twice`)
}

async function partOf(file: string): Promise<Part | BrokenLine> {
  for await (const { bytes } of linesOf(file)) {
    const line = parseLine(bytes)
    // A crash may have cut off the first line. The walk checks that the line after it says so.
    if (line === undefined) continue
    const { event, chain, seq } = line
    if (event === 'file_opened' && typeof chain === 'string') return { file, chain, seq }
    break
  }
  return { file, line: 1, reason: 'an audit file begins with a line file_opened' }
}

/** Text that is no line, of one or more lines: the next line must say that a crash cut it off. */
interface TornText {
  readonly file: string
  readonly line: number
  /** Without the final line break. */
  bytes: number
  readonly sha256: Hash
  /** The text has a final line break. */
  isEnded: boolean
}

const NO_LINE = 'not a line of the log, and the next line does not say that a crash cut it off'

/** Walks through the files of one chain. */
class ChainWalk {
  readonly #chain: string
  readonly #key: string | undefined
  readonly #files: string[] = []
  #head: ChainHead | undefined
  #first: AuditLine | undefined
  #last: AuditLine | undefined
  #torn: TornText | undefined
  #lines = 0
  #tornLines = 0
  #lost = 0
  #uncleanStarts = 0
  #isRunning = false

  constructor(chain: string, key: string | undefined) {
    this.#chain = chain
    this.#key = key
  }

  async file(file: string): Promise<BrokenLine | undefined> {
    this.#files.push(file)
    for await (const line of linesOf(file)) {
      const broken = this.#check(file, line)
      if (broken) return broken
    }
    return undefined
  }

  /** Only the last line of all may be unfinished. */
  end(): BrokenLine | undefined {
    return this.#torn?.isEnded ? unreported(this.#torn) : undefined
  }

  get summary(): ChainSummary {
    const { seq, time } = this.#first as AuditLine
    const last = this.#last as AuditLine
    return {
      chain: this.#chain,
      files: this.#files,
      lines: this.#lines,
      first: { seq, time },
      last: { seq: last.seq, time: last.time, hash: this.#head?.hash ?? '' },
      torn: this.#tornLines,
      lost: this.#lost,
      uncleanStarts: this.#uncleanStarts,
      isUnfinished: this.#torn !== undefined,
    }
  }

  #check(file: string, text: FileLine): BrokenLine | undefined {
    const { number, bytes } = text
    const line = parseLine(bytes)
    const torn = this.#torn
    if (line === undefined) return this.#tear(file, text)
    if (torn && !closes(line, torn)) return unreported(torn)
    const head = this.#head ?? { seq: line.seq - 1, hash: line.prev }
    const fault = linkFault(line, head) ?? this.#startFault(line) ?? this.#macFault(bytes)
    if (fault !== undefined) return { file, line: number, reason: fault }
    this.#count(line)
    this.#head = { seq: line.seq, hash: hashOf(bytes) }
    return undefined
  }

  #tear(file: string, { number, bytes, isEnded }: FileLine): BrokenLine | undefined {
    const torn = this.#torn
    if (torn === undefined) {
      const sha256 = createHash('sha256').update(bytes)
      this.#torn = { file, line: number, bytes: bytes.length, sha256, isEnded }
      return undefined
    }
    // A crash cuts off the end of one file.
    if (torn.file !== file) return unreported(torn)
    torn.sha256.update('\n').update(bytes)
    torn.bytes += 1 + bytes.length
    torn.isEnded = isEnded
    return undefined
  }

  /** A chain that begins with its first line begins with the hash of no line. */
  #startFault({ seq, prev }: AuditLine): string | undefined {
    return seq === 1 && prev !== GENESIS.hash ? 'prev of the first line is not 64 zeros' : undefined
  }

  #macFault(bytes: Buffer): string | undefined {
    return this.#key === undefined ? undefined : macFault(bytes, this.#key)
  }

  #count(line: AuditLine): void {
    const { event } = line
    this.#first ??= line
    this.#last = line
    this.#lines++
    if (this.#torn) this.#tornLines++
    this.#torn = undefined
    if (event === 'lines_lost' && typeof line['lost'] === 'number') this.#lost += line['lost']
    if (event === 'gateway_started') {
      if (this.#isRunning) this.#uncleanStarts++
      this.#isRunning = true
    }
    if (event === 'gateway_stopped') this.#isRunning = false
  }
}

function unreported({ file, line }: TornText): BrokenLine {
  return { file, line, reason: NO_LINE }
}

function closes(line: AuditLine, { bytes, sha256 }: TornText): boolean {
  const { event } = line
  const isReport = event === 'line_torn' || event === 'file_opened'
  return isReport && line['bytes'] === bytes && line['sha256'] === sha256.digest('hex')
}
