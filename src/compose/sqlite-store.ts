/** Implements the store with `node:sqlite` in one file. Imported only when a composition is configured. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { Journal, JournalValue } from './journal.ts'
import type { ComposedEvent, MemberOutput } from './member.ts'
import type { ComposeStore, SessionQuery, StoredRun, StoredSession } from './store.ts'

/** Migrations: each entry raises the schema by one version. Entries are only appended, never changed. */
const MIGRATIONS = [
  `CREATE TABLE sessions (
     session_id TEXT PRIMARY KEY, kind TEXT NOT NULL, component_id TEXT NOT NULL, user_id TEXT, name TEXT,
     state TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX sessions_by_update ON sessions (updated_at);
   CREATE TABLE runs (
     run_id TEXT PRIMARY KEY, session_id TEXT NOT NULL, kind TEXT NOT NULL, component_id TEXT NOT NULL, user_id TEXT,
     status TEXT NOT NULL, input TEXT NOT NULL, is_background INTEGER NOT NULL, output TEXT,
     created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX runs_by_session ON runs (session_id);
   CREATE INDEX runs_under_way ON runs (run_id) WHERE output IS NULL;
   CREATE TABLE events (
     run_id TEXT NOT NULL, event_index INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (run_id, event_index)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE journal (
     run_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, key)
   ) STRICT, WITHOUT ROWID;`,
]

type Row = Record<string, SQLInputValue>

/** Sessions, runs, events and journals in one file. */
export class SqliteStore implements ComposeStore {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /** @param file path, or `:memory:` @throws Error when the file cannot be opened or written */
  constructor(file: string) {
    this.#db = new DatabaseSync(file)
    this.#db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000',
    )
    this.#migrate()
  }

  session(sessionId: string): StoredSession | undefined {
    const row = this.#get('SELECT * FROM sessions WHERE session_id = ?', sessionId)
    return row && toSession(row)
  }

  sessions(query: SessionQuery) {
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

  saveSession(session: StoredSession): void {
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

  deleteSessions(sessionIds: readonly string[]): void {
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

  run(runId: string): StoredRun | undefined {
    const row = this.#get('SELECT * FROM runs WHERE run_id = ?', runId)
    return row && toRun(row)
  }

  runsOf(sessionId: string): readonly StoredRun[] {
    const sql = 'SELECT * FROM runs WHERE session_id = ? ORDER BY created_at, rowid'
    return this.#all(sql, sessionId).map(toRun)
  }

  unfinished(): readonly StoredRun[] {
    return this.#all('SELECT * FROM runs WHERE output IS NULL').map(toRun)
  }

  saveRun(run: StoredRun): void {
    const { output } = run
    this.#run(
      `INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (run_id) DO UPDATE SET status = excluded.status, output = excluded.output, updated_at = excluded.updated_at`,
      run.runId,
      run.sessionId,
      run.kind,
      run.componentId,
      run.userId ?? null,
      run.status,
      JSON.stringify(run.input),
      run.isBackground ? 1 : 0,
      output === undefined ? null : JSON.stringify(output),
      run.createdAt,
      run.updatedAt,
    )
    // A finished run is never replayed, so its journal is deleted. A paused run is not finished.
    if (output !== undefined && run.status !== 'PAUSED') {
      this.#run('DELETE FROM journal WHERE run_id = ?', run.runId)
    }
  }

  appendEvent(runId: string, index: number, event: ComposedEvent): void {
    this.#run('INSERT INTO events VALUES (?, ?, ?)', runId, index, JSON.stringify(event))
  }

  events(runId: string, after: number): readonly ComposedEvent[] {
    const sql = 'SELECT data FROM events WHERE run_id = ? AND event_index > ? ORDER BY event_index'
    return this.#all(sql, runId, after).map(({ data }) => JSON.parse(String(data)))
  }

  journal(runId: string): Journal {
    const rows = this.#all('SELECT key, value FROM journal WHERE run_id = ?', runId)
    const entries = new Map<string, JournalValue>(
      rows.map(({ key, value }) => [String(key), JSON.parse(String(value))]),
    )
    return {
      get: (key) => entries.get(key),
      put: (key, value) => {
        entries.set(key, value)
        const sql = 'INSERT OR REPLACE INTO journal VALUES (?, ?, ?)'
        this.#run(sql, runId, key, JSON.stringify(value))
      },
    }
  }

  prune(before: number): number {
    const sql = 'SELECT session_id FROM sessions WHERE updated_at < ? LIMIT 100'
    const ids = this.#all(sql, before).map((row) => String(row['session_id']))
    this.deleteSessions(ids)
    return ids.length
  }

  close(): void {
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

  #together(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
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

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#statement(sql).run(...values)
  }
}

function toSession(row: Row): StoredSession {
  return {
    sessionId: String(row['session_id']),
    kind: row['kind'] as StoredSession['kind'],
    componentId: String(row['component_id']),
    userId: textIn(row['user_id']),
    name: textIn(row['name']),
    state: JSON.parse(String(row['state'])) as Record<string, unknown>,
    createdAt: Number(row['created_at']),
    updatedAt: Number(row['updated_at']),
  }
}

function toRun(row: Row): StoredRun {
  const output = textIn(row['output'])
  return {
    runId: String(row['run_id']),
    sessionId: String(row['session_id']),
    kind: row['kind'] as StoredRun['kind'],
    componentId: String(row['component_id']),
    userId: textIn(row['user_id']),
    status: String(row['status']),
    input: JSON.parse(String(row['input'])),
    isBackground: row['is_background'] === 1,
    output: output === undefined ? undefined : (JSON.parse(output) as MemberOutput),
    createdAt: Number(row['created_at']),
    updatedAt: Number(row['updated_at']),
  }
}

function textIn(value: SQLInputValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
