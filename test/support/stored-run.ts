/** Stored sessions and runs for tests. */
import type { StoredRun, StoredSession } from '../../src/compose/store.ts'

/** A session of the workflow `w`. */
export function storedSession(sessionId: string, more: Partial<StoredSession> = {}): StoredSession {
  return {
    sessionId,
    kind: 'workflows',
    componentId: 'w',
    userId: 'u',
    name: undefined,
    state: { a: 1 },
    createdAt: 1,
    updatedAt: 1,
    ...more,
  }
}

/** A run in progress of the workflow `w` in session `s`. */
export function storedRun(runId: string, more: Partial<StoredRun> = {}): StoredRun {
  return {
    runId,
    sessionId: 's',
    kind: 'workflows',
    componentId: 'w',
    userId: undefined,
    status: 'RUNNING',
    input: 'Hello',
    isBackground: true,
    request: {},
    output: undefined,
    isCancelled: false,
    takeovers: 0,
    createdAt: 1,
    updatedAt: 1,
    ...more,
  }
}
