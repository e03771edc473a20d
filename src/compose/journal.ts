/**
 * Defines the journal interface: the finished steps of one composed run, by key. After a pause or a crash the run is
 * replayed against its journal: a finished block returns its entry instead of running again.
 *
 * Keys: `start` the options that every part of the run uses · `block:PATH` the output of a finished block ·
 * `told:NAME:PATH` an event has been sent · `member:PATH` the name of a member's run, written before it is sent ·
 * `choice:PATH` a decision of a condition, loop or router · `turn:N` an answer of the leader · `asked:PATH` a question
 * to the caller, with the caller's answer once there is one · `paused:PATH` a member that waits for answers.
 * PATH is the position of the block, such as `1/0#2` (second iteration).
 *
 * A run that ends with status `PAUSED` needs its journal until it ends otherwise. To continue it, execute a run with
 * the same id, session, input and journal, and the caller's `answers`.
 */

/** A value that JSON can represent. */
export type JournalValue = Readonly<Record<string, unknown>>

/**
 * Entries of one run. Reads are synchronous: an implementation loads all entries of a run when the run starts or
 * resumes.
 */
export interface Journal {
  get(key: string): JournalValue | undefined
  /** Stores an entry. The entry is durable when the call returns. */
  put(key: string, value: JournalValue): void
}

/** A journal in memory. */
export class MemoryJournal implements Journal {
  readonly #entries = new Map<string, JournalValue>()

  get(key: string): JournalValue | undefined {
    return this.#entries.get(key)
  }

  put(key: string, value: JournalValue): void {
    this.#entries.set(key, value)
  }
}
