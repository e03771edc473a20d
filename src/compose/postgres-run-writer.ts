/**
 * Writes the events and journal entries of one run in their order. Entries that are given while a statement is in flight
 * are written together by the next one.
 */
import type { Pool } from 'pg'
import type { JournalValue } from './journal.ts'
import type { StoredEvent } from './store.ts'
import { RunTaken } from './store.ts'

/** One statement: events and journal entries are stored together, and only while the run has this owner. */
const WRITE = `
  WITH own AS (SELECT 1 FROM runs WHERE run_id = $1 AND owner = $2 FOR SHARE),
  written AS (
    INSERT INTO events (run_id, event_index, data, source, source_index)
    SELECT $1, e.* FROM own, unnest($3::int[], $4::text[], $5::text[], $6::bigint[]) AS e
  ),
  noted AS (
    INSERT INTO journal (run_id, key, value) SELECT $1, j.* FROM own, unnest($7::text[], $8::text[]) AS j
    ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value
  )
  SELECT count(*)::int AS owned FROM own`

interface Batch {
  readonly events: StoredEvent[]
  readonly entries: Map<string, JournalValue>
  readonly written: PromiseWithResolvers<void>
}

/** Writes for one run. */
export class RunWriter {
  readonly #pool: Pool
  readonly #runId: string
  readonly #owner: string
  #next: Batch | undefined
  #inFlight: Promise<void> = Promise.resolve()

  constructor(pool: Pool, runId: string, owner: string) {
    this.#pool = pool
    this.#runId = runId
    this.#owner = owner
  }

  /** @throws {RunTaken} */
  append(event: StoredEvent): Promise<void> {
    const batch = this.#batch()
    batch.events.push(event)
    return batch.written.promise
  }

  /** @throws {RunTaken} */
  put(key: string, value: JournalValue): Promise<void> {
    const batch = this.#batch()
    batch.entries.set(key, value)
    return batch.written.promise
  }

  #batch(): Batch {
    if (this.#next) return this.#next
    const batch = { events: [], entries: new Map(), written: Promise.withResolvers<void>() }
    this.#next = batch
    this.#inFlight = this.#inFlight.then(() => this.#write(batch))
    return batch
  }

  async #write(batch: Batch): Promise<void> {
    this.#next = undefined
    const { events, entries, written } = batch
    try {
      const { rows } = await this.#pool.query<{ owned: number }>(WRITE, [
        this.#runId,
        this.#owner,
        events.map(({ index }) => index),
        events.map(({ event }) => JSON.stringify(event)),
        events.map(({ position }) => position?.source ?? null),
        events.map(({ position }) => position?.index ?? null),
        [...entries.keys()],
        [...entries.values()].map((value) => JSON.stringify(value)),
      ])
      if (rows[0]?.owned === 1) written.resolve()
      else written.reject(new RunTaken(this.#runId))
    } catch (error) {
      written.reject(error)
    }
  }
}
