/**
 * The journal interface: what one composed run has done so far, by key. A run is replayed against its journal when it
 * goes on after a pause or a crash: a finished block returns its entry instead of running again.
 *
 * Keys: `block:PATH` the output of a finished block · `told:NAME:PATH` an event has been sent · `member:PATH` the name of
 * a member's run, written before it is sent · `choice:PATH` a decision of a condition, loop or router ·
 * `answer:PATH` what a caller answered to a pause. PATH is the block's place, such as `1/0#2` (second iteration).
 */

/** A value that survives JSON. */
export type JournalValue = Readonly<Record<string, unknown>>

/** Entries of one run. Reads are synchronous: an implementation loads a run's entries when the run is taken up. */
export interface Journal {
  get(key: string): JournalValue | undefined
  /** Durable once it returns. */
  put(key: string, value: JournalValue): void
}

/** A journal that lives as long as the process. */
export class MemoryJournal implements Journal {
  readonly #entries = new Map<string, JournalValue>()

  get(key: string): JournalValue | undefined {
    return this.#entries.get(key)
  }

  put(key: string, value: JournalValue): void {
    this.#entries.set(key, value)
  }
}
