/** Holds the tables of the PostgreSQL store and the conversion of their rows. */
import type { MemberOutput } from './member.ts'
import type { StoredRun, StoredSession } from './store.ts'

/** Schema of all tables, so that the database may also be used by other programs. */
export const SCHEMA = 'agentos_composer'

/**
 * Each entry brings a database from one version to the next. Never changed, only added to. JSON is stored as text, which
 * keeps its keys in order and allows the character U+0000 in its escaped form.
 */
export const MIGRATIONS = [
  `CREATE TABLE sessions (
     session_id text PRIMARY KEY, kind text NOT NULL, component_id text NOT NULL, user_id text, name text,
     state text NOT NULL, created_at bigint NOT NULL, updated_at bigint NOT NULL
   );
   CREATE INDEX sessions_by_update ON sessions (updated_at);
   CREATE TABLE composers (owner text PRIMARY KEY, lease_until timestamptz NOT NULL);
   CREATE TABLE runs (
     run_id text PRIMARY KEY, session_id text NOT NULL, kind text NOT NULL, component_id text NOT NULL, user_id text,
     status text NOT NULL, input text NOT NULL, is_background boolean NOT NULL, request text NOT NULL, output text,
     created_at bigint NOT NULL, updated_at bigint NOT NULL, owner text NOT NULL,
     is_cancelled boolean NOT NULL DEFAULT false, takeovers integer NOT NULL DEFAULT 0, position bigserial
   );
   CREATE INDEX runs_by_session ON runs (session_id, position);
   CREATE INDEX runs_in_progress ON runs (owner) WHERE output IS NULL;
   CREATE TABLE events (
     run_id text NOT NULL, event_index integer NOT NULL, data text NOT NULL, source text, source_index bigint,
     PRIMARY KEY (run_id, event_index)
   );
   CREATE TABLE journal (
     run_id text NOT NULL, key text NOT NULL, value text NOT NULL, PRIMARY KEY (run_id, key)
   );`,
]

/** Values of one row by column. */
export type Row = Readonly<Record<string, unknown>>

/** Reads a row of `sessions`. */
export function toSession(row: Row): StoredSession {
  return {
    sessionId: String(row['session_id']),
    kind: row['kind'] as StoredSession['kind'],
    componentId: String(row['component_id']),
    userId: (row['user_id'] as string | null) ?? undefined,
    name: (row['name'] as string | null) ?? undefined,
    state: JSON.parse(String(row['state'])) as Record<string, unknown>,
    createdAt: Number(row['created_at']),
    updatedAt: Number(row['updated_at']),
  }
}

/** Reads a row of `runs`. */
export function toRun(row: Row): StoredRun {
  const output = row['output'] as string | null
  return {
    runId: String(row['run_id']),
    sessionId: String(row['session_id']),
    kind: row['kind'] as StoredRun['kind'],
    componentId: String(row['component_id']),
    userId: (row['user_id'] as string | null) ?? undefined,
    status: String(row['status']),
    input: JSON.parse(String(row['input'])),
    isBackground: row['is_background'] === true,
    request: JSON.parse(String(row['request'])) as Record<string, unknown>,
    output: output === null ? undefined : (JSON.parse(output) as MemberOutput),
    isCancelled: row['is_cancelled'] === true,
    takeovers: Number(row['takeovers']),
    createdAt: Number(row['created_at']),
    updatedAt: Number(row['updated_at']),
  }
}
