/**
 * Writes an audit log in the background: lines in order, one write for all lines that wait, and no line dropped once it has
 * its place in the chain. A failed write is repeated until it succeeds.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditMembers, ChainHead } from '../../src/audit/chain.ts'
import { Chain } from '../../src/audit/chain.ts'
import type { AppendedLine, AuditTrail, LineKind, TrailCounts } from '../../src/audit/trail.ts'
import type { OpenFile } from './open-file.ts'
import { fileAt } from './open-file.ts'

/** Most bytes that wait for the file, by kind of line: a flood of refusals leaves room for runs, and runs for their ends. */
const MOST_WAITING: Readonly<Record<LineKind, number>> = {
  other: 2 * 1024 * 1024,
  sent: 4 * 1024 * 1024,
  ended: 16 * 1024 * 1024,
}
/** Longest wait of a line for others, where no request waits for it, in milliseconds. */
const BATCH_MS = 20
/** Largest write. */
const BATCH_BYTES = 1024 * 1024
/** Pause after a failure, which doubles with each one, in milliseconds. */
const RETRY_MS = { first: 100, longest: 2_000 }
/** How often the file is flushed to the disk and compared with its path, in milliseconds. */
const CHECK_MS = 1_000
/** A disk that takes longer for one write counts as failing, in milliseconds. */
const STALLED_MS = 10_000
/** Longest time for the last lines, in milliseconds. */
const CLOSE_MS = 2_000

/** Why a file begins in the middle of a chain. */
export type FileReason = 'rotated' | 'missing' | 'truncated'

export interface AuditFileOptions {
  readonly path: string
  readonly file: OpenFile
  readonly head: ChainHead
  /** Id of the chain, which the first line of each file names. */
  readonly chain: string
  readonly key: string | undefined
  /** `always`: {@link AppendedLine.written} waits for the disk. */
  readonly fsync: 'always' | 'everysec'
  /** Longest time of a write before requests stop waiting for it, in milliseconds. Default 10 s. */
  readonly stalledMs?: number
  /** Reports the first failure after a success. */
  onFailure(error: Error): void
  /** Reports that writing works again. */
  onRecovery(lostLines: number): void
  /** Reports a file that was opened instead of the one before, whose last line is `head`. */
  onFile(reason: FileReason, head: ChainHead): void
}

interface WaitingLine {
  readonly text: string
  readonly waiter: PromiseWithResolvers<void> | undefined
  /** The line is the first one of another file. */
  readonly opens: FileReason | undefined
}

/** An audit log in one file. */
export class AuditFile implements AuditTrail {
  readonly #options: AuditFileOptions
  readonly #chain: Chain
  #file: OpenFile
  #waiting: WaitingLine[] = []
  #waitingBytes = 0
  #added = 0
  #written = 0
  #failures = 0
  #lost = 0
  /** Lost lines that no line reports yet. */
  #unreported = 0
  #isFailing = false
  #isClosing = false
  /** The first line of another file waits. */
  #isMoving = false
  #pumping: Promise<void> | undefined
  /** Lines that are being written, and `performance.now()` at which it began. */
  #writing: { readonly batch: readonly WaitingLine[]; readonly sinceMs: number } | undefined
  #batchTimer: NodeJS.Timeout | undefined
  readonly #checkTimer: NodeJS.Timeout
  #checking: Promise<void> | undefined

  constructor(options: AuditFileOptions) {
    this.#options = options
    this.#file = options.file
    this.#chain = new Chain(options.head, options.key)
    this.#checkTimer = setInterval(() => {
      this.#limitWait()
      this.#check()
    }, CHECK_MS).unref()
  }

  get counts(): TrailCounts {
    return {
      lines: this.#written,
      failures: this.#failures,
      lost: this.#lost,
      waitingBytes: this.#waitingBytes,
    }
  }

  get isFailing(): boolean {
    return this.#isFailing
  }

  /** Chain of the file, and its last line, which may not be written yet. */
  get head(): ChainHead {
    return this.#chain.head
  }

  append(members: AuditMembers, kind: LineKind, mustBeWritten = false): AppendedLine | undefined {
    const isFull = this.#waitingBytes > MOST_WAITING[kind]
    if (this.#isClosing || isFull || (mustBeWritten && this.#isFailing)) {
      this.#lost++
      this.#unreported++
      return undefined
    }
    return this.#add(members, { mustBeWritten })
  }

  /** Opens the path again after log rotation. The first line of the new file names the last hash of the file before it. */
  reopen(): void {
    void this.#isMoved().then((isMoved) => {
      if (isMoved) this.#startFile('rotated')
    })
  }

  /** Writes the remaining lines, as far as that is possible in 2 s. @returns number of lines that are not written */
  async close(): Promise<number> {
    this.#isClosing = true
    clearInterval(this.#checkTimer)
    await Promise.race([this.#writeLast(), sleep(CLOSE_MS, undefined, { ref: false })])
    return this.#added - this.#written
  }

  async #writeLast(): Promise<void> {
    await this.#checking
    await this.#pump()
    await this.#file.flush().catch(() => undefined)
    await this.#file.close().catch(() => undefined)
  }

  #add(
    members: AuditMembers,
    { mustBeWritten = false, opens }: { mustBeWritten?: boolean; opens?: FileReason },
  ): AppendedLine {
    const text = `${this.#chain.next(members, Date.now())}\n`
    const waiter = mustBeWritten ? Promise.withResolvers<void>() : undefined
    // A rejection before the caller waits for it ends no process.
    waiter?.promise.catch(() => undefined)
    this.#added++
    this.#waiting.push({ text, waiter, opens })
    this.#waitingBytes += Buffer.byteLength(text)
    if (mustBeWritten) setImmediate(() => void this.#pump())
    else this.#batchTimer ??= setTimeout(() => void this.#pump(), BATCH_MS)
    return { seq: this.#chain.head.seq, written: waiter?.promise ?? Promise.resolve() }
  }

  #pump(): Promise<void> {
    clearTimeout(this.#batchTimer)
    this.#batchTimer = undefined
    this.#pumping ??= this.#writeAll().finally(() => {
      this.#pumping = undefined
    })
    return this.#pumping
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch()
      const [first] = batch
      if (first?.opens !== undefined) await this.#untilDone(() => this.#openAgain(), batch)
      await this.#write(batch)
      this.#written += batch.length
      if (!this.#isFailing && this.#unreported === 0) continue
      const lost = this.#unreported
      this.#unreported = 0
      this.#isFailing = false
      if (lost > 0) this.#add({ event: 'lines_lost', lost }, {})
      this.#options.onRecovery(lost)
    }
  }

  /** Takes lines of one file, up to the size of a write. */
  #nextBatch(): WaitingLine[] {
    let bytes = 0
    const end = this.#waiting.findIndex(({ text, opens }, i) => {
      if (i > 0 && opens !== undefined) return true
      bytes += text.length
      return bytes > BATCH_BYTES && i > 0
    })
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
  }

  async #write(batch: readonly WaitingLine[]): Promise<void> {
    let rest = Buffer.from(batch.map(({ text }) => text).join(''))
    const { length } = rest
    await this.#untilDone(async () => {
      // A write may take a part of the bytes, such as on a full disk; the rest follows.
      while (rest.length > 0) rest = rest.subarray(await this.#file.write(rest))
      if (this.#options.fsync === 'always') await this.#file.flush()
    }, batch)
    this.#waitingBytes -= length
    for (const { waiter } of batch) waiter?.resolve()
  }

  /** Repeats a step until it succeeds. After the first failure, no request waits any longer. */
  async #untilDone(step: () => Promise<void>, batch: readonly WaitingLine[] = []): Promise<void> {
    for (let pauseMs = RETRY_MS.first; ; pauseMs = Math.min(pauseMs * 2, RETRY_MS.longest)) {
      this.#writing = { batch, sinceMs: performance.now() }
      try {
        return await step()
      } catch (error) {
        this.#failAll(error as Error, batch)
      } finally {
        this.#writing = undefined
      }
      await sleep(pauseMs, undefined, { ref: false })
    }
  }

  /** No request waits any longer. The lines are still written. */
  #failAll(error: Error, batch: readonly WaitingLine[]): void {
    this.#onFailure(error)
    for (const { waiter } of [...batch, ...this.#waiting]) waiter?.reject(error)
  }

  /** A disk that does not answer, such as one over the network, reports no error. */
  #limitWait(): void {
    const { stalledMs = STALLED_MS } = this.#options
    if (this.#writing === undefined || this.#isFailing) return
    const { batch, sinceMs } = this.#writing
    if (performance.now() - sinceMs < stalledMs) return
    this.#failAll(new Error(`a write takes more than ${stalledMs / 1_000} s`), batch)
  }

  #onFailure(error: Error): void {
    this.#failures++
    if (!this.#isFailing) this.#options.onFailure(error)
    this.#isFailing = true
  }

  /** The line is built at once, so that the lines after it belong to the new file. */
  #startFile(reason: FileReason): void {
    if (this.#isMoving) return
    this.#isMoving = true
    const { chain, onFile } = this.#options
    onFile(reason, this.#chain.head)
    this.#add({ event: 'file_opened', reason, chain }, { opens: reason })
  }

  async #openAgain(): Promise<void> {
    const next = await fileAt(this.#options.path)
    await this.#file.flush().catch(() => undefined)
    await this.#file.close().catch(() => undefined)
    this.#file = next
    this.#isMoving = false
  }

  async #isMoved(): Promise<boolean> {
    return (await this.#file.changeAt(this.#options.path)) !== undefined
  }

  #check(): void {
    this.#checking ??= this.#flushAndCompare().finally(() => {
      this.#checking = undefined
    })
  }

  /** A file that was deleted or moved away receives no further line. */
  async #flushAndCompare(): Promise<void> {
    if (this.#pumping === undefined) {
      const change = await this.#file.changeAt(this.#options.path)
      if (change !== undefined && !this.#isClosing) this.#startFile(change)
    }
    try {
      await this.#file.flush()
    } catch (error) {
      this.#onFailure(error as Error)
      // The next successful write ends the failure.
      this.#add({ event: 'flush_failed', reason: (error as NodeJS.ErrnoException).code }, {})
    }
  }
}
