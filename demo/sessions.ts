/** Keeps sessions and their runs in memory. Drops the oldest first, and those with a run in progress last. */
import { randomUUID } from 'node:crypto'
import type { Component, Kind } from './components.ts'
import { HttpError } from './http.ts'
import { Run, type RunInput } from './run.ts'
import { nowSeconds } from './time.ts'

const MAX_SESSIONS = 200
const MAX_RUNS = 200

export interface Session {
  id: string
  kind: Kind
  componentId: string | undefined
  userId: string | undefined
  name: string | undefined
  state: unknown
  metadata: unknown
  createdAt: number
  updatedAt: number
  runs: Run[]
}

/** Data of a new session. */
export type NewSession = Pick<Session, 'kind' | 'componentId' | 'userId'> & Partial<Session>

/** The demo's database: at most 200 sessions and 200 runs. */
export class SessionStore {
  readonly #sessions = new Map<string, Session>()
  readonly #runs = new Map<string, Run>()

  list(): Session[] {
    return [...this.#sessions.values()]
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  /** Runs that were started by a caller, oldest first. */
  runs(): Run[] {
    return [...this.#runs.values()]
  }

  run(id: string): Run | undefined {
    return this.#runs.get(id)
  }

  create(session: NewSession): Session {
    const now = nowSeconds()
    const created: Session = {
      id: session.id ?? randomUUID(),
      name: undefined,
      state: undefined,
      metadata: undefined,
      createdAt: now,
      updatedAt: now,
      runs: [],
      ...session,
    }
    this.#sessions.set(created.id, created)
    const isOver = ({ runs }: Session) => !runs.some(isUnderWay)
    if (this.#sessions.size > MAX_SESSIONS) {
      const oldest = firstThat(this.#sessions.values(), (one) => one !== created && isOver(one))
      if (oldest) this.delete(oldest.id)
    }
    return created
  }

  /**
   * Adds a run to its session, and creates the session if it is missing. @throws HttpError 404 for a session of another
   * user.
   */
  addRun(component: Component, input: RunInput): Run {
    const { sessionId, userId } = input
    const known = this.#sessions.get(sessionId)
    if (known?.userId !== undefined && known.userId !== userId) {
      throw new HttpError(404, 'Session not found')
    }
    const { kind, id: componentId } = component
    const connection = known ?? this.create({ id: sessionId, kind, componentId, userId })
    const run = new Run(component, input)
    connection.runs.push(run)
    connection.updatedAt = nowSeconds()
    connection.state ??= {}
    this.#runs.set(run.id, run)
    if (this.#runs.size > MAX_RUNS) {
      const oldest = firstThat(this.#runs.values(), (one) => one !== run && !isUnderWay(one))
      if (oldest) this.#forget(oldest)
    }
    return run
  }

  delete(id: string): void {
    for (const run of [...(this.#sessions.get(id)?.runs ?? [])]) this.#forget(run)
    this.#sessions.delete(id)
  }

  /** Stops every run. */
  close(): void {
    for (const run of this.#runs.values()) run.cancel()
  }

  #forget(run: Run): void {
    run.cancel()
    this.#runs.delete(run.id)
    const connection = this.#sessions.get(run.sessionId)
    if (connection) connection.runs = connection.runs.filter((other) => other !== run)
  }
}

function isUnderWay({ status }: Run): boolean {
  return status === 'PENDING' || status === 'RUNNING'
}

/** Returns the first matching item, otherwise the first item. */
function firstThat<T>(all: Iterable<T>, isMeant: (one: T) => boolean): T | undefined {
  const [...list] = all
  return list.find(isMeant) ?? list[0]
}
