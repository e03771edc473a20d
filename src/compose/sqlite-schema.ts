/** Holds the tables of the SQLite store and the conversion of their rows. */
import type { SQLInputValue } from 'node:sqlite'
import type { MemberOutput } from './member.ts'
import type { StoredRun, StoredSession } from './store.ts'

/** Each entry brings a database from one version to the next. Never changed, only added to. */
export const MIGRATIONS = [
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
  `ALTER TABLE runs ADD COLUMN request TEXT NOT NULL DEFAULT '{}';
   ALTER TABLE runs ADD COLUMN owner TEXT;
   ALTER TABLE runs ADD COLUMN is_cancelled INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE runs ADD COLUMN takeovers INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE events ADD COLUMN source TEXT;
   ALTER TABLE events ADD COLUMN source_index INTEGER;`,
]

/** Values of one row by column. */
export type Row = Record<string, SQLInputValue>

/** Reads a row of `sessions`. */
export function toSession(row: Row): StoredSession {
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

/** Reads a row of `runs`. */
export function toRun(row: Row): StoredRun {
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
    request: JSON.parse(String(row['request'])) as Record<string, unknown>,
    output: output === undefined ? undefined : (JSON.parse(output) as MemberOutput),
    isCancelled: row['is_cancelled'] === 1,
    takeovers: Number(row['takeovers']),
    createdAt: Number(row['created_at']),
    updatedAt: Number(row['updated_at']),
  }
}

function textIn(value: SQLInputValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
