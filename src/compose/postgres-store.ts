/**
 * Implements the store on PostgreSQL for several processes. Each process renews a lease; the runs of one whose lease has
 * expired are taken over by another one. Imported only for a `postgres://` database.
 */
import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Client, Pool } from 'pg'
import pg from 'pg'
import type { Journal, JournalValue } from './journal.ts'
import type { ComposedEvent } from './member.ts'
import { RunWriter } from './postgres-run-writer.ts'
import type { Row } from './postgres-schema.ts'
import { MIGRATIONS, SCHEMA, toRun, toSession } from './postgres-schema.ts'
import type {
  ComposeStore,
  SessionQuery,
  StoredContinuation,
  StoredEvent,
  StoredRun,
  StoredSession,
} from './store.ts'
import { isEnded, RunTaken } from './store.ts'

/** Lease of a process in milliseconds. Its runs are taken over when it has not renewed the lease for so long. */
export const LEASE_MS = 3_000
const RENEW_MS = 750
/** Most connections of one process. */
const MAX_CONNECTIONS = 10
/** Most runs that one process takes over at a time. */
const CLAIMED_AT_ONCE = 50
/** Channel of the requests to cancel a run. */
const CANCEL_CHANNEL = 'agentos_composer_cancel'
/** Key of the advisory lock around the migrations. */
const MIGRATION_LOCK = 4_021_170_016

/** Sessions, runs, events and journals in one schema of a database. */
export class PostgresStore implements ComposeStore {
  readonly isDurable = true
  readonly #owner = randomUUID()
  readonly #pool: Pool
  readonly #url: string
  readonly #onProblem: (error: Error) => void
  readonly #writers = new LRUCache<string, RunWriter>({ max: 10_000 })
  #timer: NodeJS.Timeout | undefined
  #listening: Client | undefined
  #onCancelRequest: ((runId: string) => void) | undefined

  private constructor(url: string, onProblem: (error: Error) => void) {
    this.#url = url
    this.#onProblem = onProblem
    const options = `-c search_path=${SCHEMA}`
    this.#pool = new pg.Pool({ connectionString: url, max: MAX_CONNECTIONS, options })
    this.#pool.on('error', onProblem)
  }

  /**
   * Connects and migrates the database.
   *
   * @param onProblem receives failures of the background work
   * @throws Error when the database cannot be reached or used
   */
  static async open(url: string, onProblem: (error: Error) => void): Promise<PostgresStore> {
    const store = new PostgresStore(url, onProblem)
    try {
      await store.#migrate()
      await store.#renew()
      await store.#listen()
    } catch (error) {
      await store.close()
      throw error
    }
    store.#timer = setInterval(() => void store.#renewSafely(), RENEW_MS).unref()
    return store
  }

  async session(sessionId: string): Promise<StoredSession | undefined> {
    const [row] = await this.#rows('SELECT * FROM sessions WHERE session_id = $1', sessionId)
    return row && toSession(row)
  }

  async sessions(query: SessionQuery) {
    const { kind, componentId, userId, name, sortBy, isDescending, limit, offset } = query
    const conditions: string[] = []
    const values: unknown[] = []
    const where = (text: string, value: string | undefined) => {
      if (value === undefined) return
      values.push(value)
      conditions.push(text.replace('?', `$${values.length}`))
    }
    where('kind = ?', kind)
    where('component_id = ?', componentId)
    where('user_id = ?', userId)
    where('strpos(lower(coalesce(name, first_input)), ?) > 0', name?.toLowerCase())
    const from = `FROM (SELECT sessions.*, (SELECT input FROM runs WHERE runs.session_id = sessions.session_id
      ORDER BY position LIMIT 1) AS first_input FROM sessions) AS s
      ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}`
    const order = `ORDER BY ${sortBy} ${isDescending ? 'DESC' : 'ASC'}, session_id`
    const page = `LIMIT $${values.length + 1} OFFSET $${values.length + 2}`
    const rows = await this.#rows(`SELECT * ${from} ${order} ${page}`, ...values, limit, offset)
    const [counted] = await this.#rows(`SELECT count(*) AS total ${from}`, ...values)
    return { sessions: rows.map(toSession), total: Number(counted?.['total']) }
  }

  async saveSession(session: StoredSession): Promise<void> {
    const { sessionId, kind, componentId, userId, name, state, createdAt, updatedAt } = session
    await this.#rows(
      `INSERT INTO sessions VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (session_id) DO UPDATE
       SET user_id = excluded.user_id, name = excluded.name, state = excluded.state, updated_at = excluded.updated_at`,
      ...[sessionId, kind, componentId, userId ?? null, name ?? null],
      ...[JSON.stringify(state), createdAt, updatedAt],
    )
  }

  async deleteSessions(sessionIds: readonly string[]): Promise<void> {
    await this.#rows(
      `WITH gone AS (DELETE FROM runs WHERE session_id = ANY($1) RETURNING run_id),
       e AS (DELETE FROM events WHERE run_id IN (SELECT run_id FROM gone)),
       j AS (DELETE FROM journal WHERE run_id IN (SELECT run_id FROM gone))
       DELETE FROM sessions WHERE session_id = ANY($1)`,
      sessionIds,
    )
  }

  async run(runId: string): Promise<StoredRun | undefined> {
    const [row] = await this.#rows('SELECT * FROM runs WHERE run_id = $1', runId)
    return row && toRun(row)
  }

  async runsOf(sessionId: string): Promise<readonly StoredRun[]> {
    const sql = 'SELECT * FROM runs WHERE session_id = $1 ORDER BY position'
    return (await this.#rows(sql, sessionId)).map(toRun)
  }

  async createRun(run: StoredRun): Promise<boolean> {
    const { runId, sessionId, kind, componentId, userId, status, input } = run
    const rows = await this.#rows(
      `INSERT INTO runs (run_id, session_id, kind, component_id, user_id, status, input, is_background, request, created_at,
         updated_at, owner)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING RETURNING run_id`,
      ...[runId, sessionId, kind, componentId, userId ?? null, status, JSON.stringify(input)],
      ...[run.isBackground, JSON.stringify(run.request), run.createdAt, run.updatedAt, this.#owner],
    )
    return rows.length > 0
  }

  async saveRun({ runId, status, output, isBackground, updatedAt }: StoredRun): Promise<void> {
    const rows = await this.#rows(
      `WITH changed AS (UPDATE runs SET status = $1, output = $2, is_background = $3, updated_at = $4
         WHERE run_id = $5 AND owner = $6 RETURNING run_id),
       gone AS (DELETE FROM journal WHERE $7 AND run_id IN (SELECT run_id FROM changed))
       SELECT run_id FROM changed`,
      ...[status, output === undefined ? null : JSON.stringify(output), isBackground, updatedAt],
      ...[runId, this.#owner, isEnded(status)],
    )
    if (rows.length === 0) throw new RunTaken(runId)
    if (isEnded(status)) this.#writers.delete(runId)
  }

  async claim(live: readonly string[]): Promise<readonly StoredRun[]> {
    const rows = await this.#rows(
      `UPDATE runs SET owner = $1, takeovers = takeovers + 1 WHERE run_id IN (
         SELECT run_id FROM runs WHERE output IS NULL AND (
           (owner = $1 AND NOT run_id = ANY($2)) OR (owner <> $1 AND NOT EXISTS (
             SELECT 1 FROM composers WHERE composers.owner = runs.owner AND lease_until > now()))
         ) ORDER BY position LIMIT ${CLAIMED_AT_ONCE} FOR UPDATE SKIP LOCKED
       ) RETURNING *`,
      ...[this.#owner, live],
    )
    return rows.map(toRun)
  }

  async claimPaused(runId: string, { request, entry }: StoredContinuation): Promise<boolean> {
    const rows = await this.#rows(
      `WITH claimed AS (UPDATE runs SET owner = $1, status = 'RUNNING', output = NULL, request = $3
         WHERE run_id = $2 AND status = 'PAUSED' RETURNING run_id)
       INSERT INTO journal (run_id, key, value) SELECT run_id, 'continued', $4 FROM claimed
       ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value RETURNING run_id`,
      ...[this.#owner, runId, JSON.stringify(request), JSON.stringify(entry)],
    )
    return rows.length > 0
  }

  async requestCancel(runId: string): Promise<void> {
    await this.#rows('UPDATE runs SET is_cancelled = true WHERE run_id = $1', runId)
    await this.#rows('SELECT pg_notify($1, $2)', CANCEL_CHANNEL, runId)
  }

  onCancelRequest(listener: (runId: string) => void): void {
    this.#onCancelRequest = listener
  }

  appendEvent(runId: string, event: StoredEvent): Promise<void> {
    return this.#writer(runId).append(event)
  }

  async events(runId: string, after: number): Promise<readonly ComposedEvent[]> {
    const sql =
      'SELECT data FROM events WHERE run_id = $1 AND event_index > $2 ORDER BY event_index'
    const rows = await this.#rows(sql, runId, after)
    return rows.map(({ data }) => JSON.parse(String(data)) as ComposedEvent)
  }

  async positions(runId: string) {
    const rows = await this.#rows(
      'SELECT source, count(*) AS count, max(source_index) AS last FROM events WHERE run_id = $1 GROUP BY source',
      runId,
    )
    const count = rows.reduce((sum, row) => sum + Number(row['count']), 0)
    const named = rows.filter(({ source }) => source !== null)
    const sent = new Map(named.map(({ source, last }) => [String(source), Number(last)] as const))
    return { count, sent }
  }

  async dropEvents(runId: string): Promise<void> {
    await this.#rows('DELETE FROM events WHERE run_id = $1', runId)
  }

  async journal(runId: string): Promise<Journal> {
    const rows = await this.#rows('SELECT key, value FROM journal WHERE run_id = $1', runId)
    const entries = new Map<string, JournalValue>(
      rows.map(({ key, value }) => [String(key), JSON.parse(String(value)) as JournalValue]),
    )
    return {
      get: (key) => entries.get(key),
      put: (key, value) => {
        entries.set(key, value)
        return this.#writer(runId).put(key, value)
      },
    }
  }

  async prune(before: number): Promise<number> {
    const rows = await this.#rows(
      `SELECT session_id FROM sessions WHERE updated_at < $1 AND NOT EXISTS (
         SELECT 1 FROM runs WHERE runs.session_id = sessions.session_id AND output IS NULL) LIMIT 100`,
      before,
    )
    await this.deleteSessions(rows.map((row) => String(row['session_id'])))
    return rows.length
  }

  /** Stops renewing the lease, so that other processes take the runs over. */
  stopRenewing(): void {
    clearInterval(this.#timer)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    // Its runs can be taken over at once.
    const release = this.#rows('DELETE FROM composers WHERE owner = $1', this.#owner)
    await release.catch(() => undefined)
    await this.#listening?.end().catch(() => undefined)
    await this.#pool.end()
  }

  #writer(runId: string): RunWriter {
    const known = this.#writers.get(runId)
    if (known) return known
    const made = new RunWriter(this.#pool, runId, this.#owner)
    this.#writers.set(runId, made)
    return made
  }

  async #rows(sql: string, ...values: unknown[]): Promise<Row[]> {
    return (await this.#pool.query<Row>(sql, values)).rows
  }

  async #migrate(): Promise<void> {
    const client = await this.#pool.connect()
    try {
      await client.query('BEGIN')
      await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`)
      await client.query('CREATE TABLE IF NOT EXISTS version (version integer NOT NULL)')
      const { rows } = await client.query<{ version: number }>('SELECT version FROM version')
      const version = rows[0]?.version ?? 0
      if (version > MIGRATIONS.length) {
        throw new Error('the database was written by a newer release of the gateway')
      }
      for (const sql of MIGRATIONS.slice(version)) await client.query(sql)
      await client.query('DELETE FROM version')
      await client.query('INSERT INTO version VALUES ($1)', [MIGRATIONS.length])
      await client.query('COMMIT')
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined)
      throw error
    } finally {
      client.release()
    }
  }

  async #renew(): Promise<void> {
    await this.#rows(
      `INSERT INTO composers VALUES ($1, now() + $2 * interval '1 millisecond')
       ON CONFLICT (owner) DO UPDATE SET lease_until = excluded.lease_until`,
      ...[this.#owner, LEASE_MS],
    )
    // A request that came while no client listened.
    const cancelled = await this.#rows(
      'SELECT run_id FROM runs WHERE owner = $1 AND output IS NULL AND is_cancelled',
      this.#owner,
    )
    for (const row of cancelled) this.#onCancelRequest?.(String(row['run_id']))
  }

  async #renewSafely(): Promise<void> {
    try {
      await this.#renew()
      if (this.#listening === undefined) await this.#listen()
    } catch (error) {
      this.#onProblem(error as Error)
    }
  }

  async #listen(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#url })
    client.on('notification', ({ payload = '' }) => this.#onCancelRequest?.(payload))
    client.on('error', (error) => {
      this.#listening = undefined
      this.#onProblem(error)
    })
    await client.connect()
    await client.query(`LISTEN ${CANCEL_CHANNEL}`)
    this.#listening = client
  }
}
