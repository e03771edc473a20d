/**
 * Defines the journal interface: the finished steps of one composed run, by key. After a pause or a crash the run is
 * replayed against its journal: a finished block returns its entry instead of running again.
 *
 * Keys: `block:PATH` the output of a finished block · `answer:PATH` the answer of one of several members of a call ·
 * `member:PATH` the name of a member's run, written before it is sent · `plain:PATH` that run ends with its connection ·
 * `choice:PATH` a decision of a condition, loop or router · `turn:N` an answer of the leader · `asked:PATH` a question
 * to the caller, with the caller's answer once there is one; also `review:PATH`, `route:PATH` and `failed:PATH` ·
 * `paused:PATH` a member that waits for answers · `continued:PATH~ROUND` these answers are on their way · `index:PATH`
 * the last event of a member that waits · `continued` the caller's last answers, and how often the run has been
 * continued · `start` and `sent` the session state at the start and the events that had been sent when the run paused.
 * PATH is the position of the block, such as `1/0#2` (second iteration).
 *
 * A run that ends with status `PAUSED` needs its journal until it ends otherwise. To continue it, put the entry that
 * {@link continuation} returns, and execute a run with the same id, session, input and journal.
 */

/** A value that JSON can represent. */
export type JournalValue = Readonly<Record<string, unknown>>

/**
 * Entries of one run. Reads are synchronous: an implementation loads all entries of a run when the run starts or
 * resumes.
 */
export interface Journal {
  get(key: string): JournalValue | undefined
  /** Durable once it resolves, and so are the events that the run has sent before. */
  put(key: string, value: JournalValue): Promise<void>
}

/** The caller's answers, in the form of the paused output. Requirements without an answer stay open. */
export type Answers = readonly Readonly<Record<string, unknown>>[]

/** Entry `continued`. */
interface Continued extends JournalValue {
  /** How often the run has been continued. */
  readonly round: number
  readonly answers: Answers
}

/** Returns the next entry `continued` of a run that is paused. */
export function continuation(journal: Journal, answers: Answers): JournalValue {
  const { round } = lastContinuation(journal)
  return { round: round + 1, answers } satisfies Continued
}

/** The last entry `continued`; round 0 without answers for a run that was not continued. */
export function lastContinuation(journal: Journal): Continued {
  return (journal.get('continued') as Continued | undefined) ?? { round: 0, answers: [] }
}

/** A journal in memory. */
export class MemoryJournal implements Journal {
  readonly #entries = new Map<string, JournalValue>()

  get(key: string): JournalValue | undefined {
    return this.#entries.get(key)
  }

  put(key: string, value: JournalValue): Promise<void> {
    this.#entries.set(key, value)
    return Promise.resolve()
  }
}
