/**
 * Implements the store with `node:sqlite` in one file, for one process at a time. A process that opens the file takes over
 * the runs of the one before. Imported only when a composition is configured.
 */
import { randomUUID } from 'node:crypto'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { Journal, JournalValue } from './journal.ts'
import type { ComposedEvent } from './member.ts'
import type { Row } from './sqlite-schema.ts'
import { MIGRATIONS, toRun, toSession } from './sqlite-schema.ts'
import type {
  ComposeStore,
  SessionQuery,
  StoredContinuation,
  StoredEvent,
  StoredRun,
  StoredSession,
} from './store.ts'
import { isEnded, RunTaken } from './store.ts'

/** True where the run still belongs to this process. */
const IS_OWN = 'EXISTS (SELECT 1 FROM runs WHERE run_id = ? AND owner = ?)'
/** Most sessions that one call of `prune` deletes, so that it blocks for milliseconds only. */
const PRUNED_AT_ONCE = 100

/** Sessions, runs, events and journals in one file. */
export class SqliteStore implements ComposeStore {
  readonly isDurable: boolean
  readonly #owner = randomUUID()
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /** @param file path, or `:memory:` @throws Error when the file cannot be opened or written */
  constructor(file: string) {
    this.isDurable = file !== ':memory:'
    this.#db = new DatabaseSync(file)
    this.#db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000',
    )
    this.#migrate()
  }

  async session(sessionId: string): Promise<StoredSession | undefined> {
    const row = this.#get('SELECT * FROM sessions WHERE session_id = ?', sessionId)
    return row && toSession(row)
  }

  async sessions(query: SessionQuery) {
    const { kind, componentId, userId, name, sortBy, isDescending, limit, offset } = query
    const wanted: [string, SQLInputValue | undefined][] = [
      ['kind = ?', kind],
      ['component_id = ?', componentId],
      ['user_id = ?', userId],
      ['instr(lower(coalesce(name, first_input)), ?) > 0', name?.toLowerCase()],
    ]
    const given = wanted.filter(([, value]) => value !== undefined)
    const where = given.length > 0 ? `WHERE ${given.map(([text]) => text).join(' AND ')}` : ''
    const values = given.map(([, value]) => value as SQLInputValue)
    const from = `FROM (SELECT sessions.*, (SELECT input FROM runs WHERE runs.session_id = sessions.session_id
      ORDER BY created_at, rowid LIMIT 1) AS first_input FROM sessions) ${where}`
    const order = `ORDER BY ${sortBy} ${isDescending ? 'DESC' : 'ASC'}, session_id`
    const rows = this.#all(`SELECT * ${from} ${order} LIMIT ? OFFSET ?`, ...values, limit, offset)
    const total = Number(this.#get(`SELECT count(*) AS total ${from}`, ...values)?.['total'])
    return { sessions: rows.map(toSession), total }
  }

  async saveSession(session: StoredSession): Promise<void> {
    const { sessionId, kind, componentId, userId, name, state, createdAt, updatedAt } = session
    this.#run(
      'INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      sessionId,
      kind,
      componentId,
      userId ?? null,
      name ?? null,
      JSON.stringify(state),
      createdAt,
      updatedAt,
    )
  }

  async deleteSessions(sessionIds: readonly string[]): Promise<void> {
    const ofSession = '(SELECT run_id FROM runs WHERE session_id = ?)'
    this.#together(() => {
      for (const id of sessionIds) {
        this.#run(`DELETE FROM events WHERE run_id IN ${ofSession}`, id)
        this.#run(`DELETE FROM journal WHERE run_id IN ${ofSession}`, id)
        this.#run('DELETE FROM runs WHERE session_id = ?', id)
        this.#run('DELETE FROM sessions WHERE session_id = ?', id)
      }
    })
  }

  async run(runId: string): Promise<StoredRun | undefined> {
    const row = this.#get('SELECT * FROM runs WHERE run_id = ?', runId)
    return row && toRun(row)
  }

  async runsOf(sessionId: string): Promise<readonly StoredRun[]> {
    const sql = 'SELECT * FROM runs WHERE session_id = ? ORDER BY created_at, rowid'
    return this.#all(sql, sessionId).map(toRun)
  }

  async createRun(run: StoredRun): Promise<boolean> {
    const columns =
      'run_id, session_id, kind, component_id, user_id, status, input, is_background, request, created_at, updated_at, owner'
    const changes = this.#run(
      `INSERT INTO runs (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      run.runId,
      run.sessionId,
      run.kind,
      run.componentId,
      run.userId ?? null,
      run.status,
      JSON.stringify(run.input),
      run.isBackground ? 1 : 0,
      JSON.stringify(run.request),
      run.createdAt,
      run.updatedAt,
      this.#owner,
    )
    return changes > 0
  }

  async saveRun(run: StoredRun): Promise<void> {
    const { runId, status, output, isBackground, updatedAt } = run
    this.#together(() => {
      const changes = this.#run(
        `UPDATE runs SET status = ?, output = ?, is_background = ?, updated_at = ? WHERE run_id = ? AND owner = ?`,
        status,
        output === undefined ? null : JSON.stringify(output),
        isBackground ? 1 : 0,
        updatedAt,
        runId,
        this.#owner,
      )
      if (changes === 0) throw new RunTaken(runId)
      // An ended run is never replayed, so it needs no journal.
      if (isEnded(status)) this.#run('DELETE FROM journal WHERE run_id = ?', runId)
    })
  }

  async claim(live: readonly string[]): Promise<readonly StoredRun[]> {
    const sql = `UPDATE runs SET owner = ?, takeovers = takeovers + 1
      WHERE output IS NULL AND run_id NOT IN (SELECT value FROM json_each(?)) RETURNING *`
    return this.#all(sql, this.#owner, JSON.stringify(live)).map(toRun)
  }

  async claimPaused(runId: string, { request, entry }: StoredContinuation): Promise<boolean> {
    const sql = `UPDATE runs SET owner = ?, status = 'RUNNING', output = NULL, request = ?
      WHERE run_id = ? AND status = 'PAUSED'`
    return this.#together(() => {
      if (this.#run(sql, this.#owner, JSON.stringify(request), runId) === 0) return false
      const put = `INSERT OR REPLACE INTO journal VALUES (?, 'continued', ?)`
      return this.#run(put, runId, JSON.stringify(entry)) > 0
    })
  }

  async requestCancel(runId: string): Promise<void> {
    this.#run('UPDATE runs SET is_cancelled = 1 WHERE run_id = ?', runId)
  }

  /** Another process that could request it would have taken the file over. */
  onCancelRequest(): void {}

  async appendEvent(runId: string, { index, event, position }: StoredEvent): Promise<void> {
    const changes = this.#run(
      `INSERT INTO events SELECT ?, ?, ?, ?, ? WHERE ${IS_OWN}`,
      runId,
      index,
      JSON.stringify(event),
      position?.source ?? null,
      position?.index ?? null,
      runId,
      this.#owner,
    )
    if (changes === 0) throw new RunTaken(runId)
  }

  async events(runId: string, after: number): Promise<readonly ComposedEvent[]> {
    const sql = 'SELECT data FROM events WHERE run_id = ? AND event_index > ? ORDER BY event_index'
    return this.#all(sql, runId, after).map(({ data }) => JSON.parse(String(data)))
  }

  async positions(runId: string) {
    const counted = this.#get('SELECT count(*) AS count FROM events WHERE run_id = ?', runId)
    const sql = `SELECT source, max(source_index) AS last FROM events WHERE run_id = ? AND source IS NOT NULL GROUP BY source`
    const sent = new Map(
      this.#all(sql, runId).map(({ source, last }) => [String(source), Number(last)] as const),
    )
    return { count: Number(counted?.['count']), sent }
  }

  async dropEvents(runId: string): Promise<void> {
    this.#run('DELETE FROM events WHERE run_id = ?', runId)
  }

  async journal(runId: string): Promise<Journal> {
    const rows = this.#all('SELECT key, value FROM journal WHERE run_id = ?', runId)
    const entries = new Map<string, JournalValue>(
      rows.map(({ key, value }) => [String(key), JSON.parse(String(value))]),
    )
    return {
      get: (key) => entries.get(key),
      put: async (key, value) => {
        entries.set(key, value)
        const sql = `INSERT OR REPLACE INTO journal SELECT ?, ?, ? WHERE ${IS_OWN}`
        const changes = this.#run(sql, runId, key, JSON.stringify(value), runId, this.#owner)
        if (changes === 0) throw new RunTaken(runId)
      },
    }
  }

  async prune(before: number): Promise<number> {
    const isIdle =
      'NOT EXISTS (SELECT 1 FROM runs WHERE runs.session_id = sessions.session_id AND output IS NULL)'
    const sql = `SELECT session_id FROM sessions WHERE updated_at < ? AND ${isIdle} LIMIT ${PRUNED_AT_ONCE}`
    const ids = this.#all(sql, before).map((row) => String(row['session_id']))
    await this.deleteSessions(ids)
    return ids.length
  }

  async close(): Promise<void> {
    this.#db.close()
  }

  #migrate(): void {
    const version = Number(this.#get('PRAGMA user_version')?.['user_version'])
    if (version > MIGRATIONS.length) {
      throw new Error('the database was written by a newer release of the gateway')
    }
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < version) continue
      this.#together(() => this.#db.exec(`${sql} PRAGMA user_version = ${index + 1};`))
    }
  }

  #together<Result>(work: () => Result): Result {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known) return known
    const made = this.#db.prepare(sql)
    this.#statements.set(sql, made)
    return made
  }

  #get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[]
  }

  /** @returns how many rows have changed */
  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes)
  }
}
