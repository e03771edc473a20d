/**
 * Finds paused runs in the newest sessions. A later search reads only the sessions that have changed since, so that it
 * can be repeated while the page is open.
 */
import { listPage, sessions } from '../../api/data.ts'
import { sourceOf } from '../../api/databases.ts'
import { getRun } from '../../api/runs.ts'
import type { Json, Session } from '../../api/types.ts'
import { textIn } from '../../api/types.ts'
import type { PausedRun } from '../../state/inbox-items.ts'
import { apiErrorOf } from '../../state/polling.ts'
import { pauseIn } from '../../state/run-events.ts'
import { ownerOf } from '../data/owner.ts'

/** Sessions per search, and concurrent requests. */
const PAGE = 50
const AT_ONCE = 6

interface Reading {
  /** `updated_at` of the session. */
  readonly version: unknown
  /** The session needs not be read again until it changes. */
  readonly isSettled: boolean
  readonly runs: readonly PausedRun[]
}

/** A page of the list of sessions. */
interface Searched {
  readonly count: number
  readonly total: number
  readonly partial: readonly string[]
}

export class PausedSessions {
  readonly #readings = new Map<string, Reading>()

  /** All paused runs that the searches have found. */
  get runs(): readonly PausedRun[] {
    return [...this.#readings.values()].flatMap(({ runs }) => runs)
  }

  /** The session is read in the next search, even if it has not changed. */
  unsettle(id: string): void {
    const reading = this.#readings.get(id)
    if (reading) this.#readings.set(id, { ...reading, isSettled: false })
  }

  /**
   * Reads the changed sessions of a page, which counts from 1.
   *
   * @throws {ApiError} when the list cannot be read
   */
  async search(page: number): Promise<Searched> {
    const { body, partial } = await listPage<Session>('sessions', {
      limit: PAGE,
      page,
      sort_by: 'updated_at',
      sort_order: 'desc',
    })
    const changed = body.data.filter((session) => this.#isChanged(session))
    const work = async () => {
      for (let next = changed.shift(); next !== undefined; next = changed.shift()) {
        await this.#read(next)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    return { count: body.data.length, total: body.meta.total_count, partial }
  }

  #isChanged({ session_id: id, updated_at: version }: Session): boolean {
    const known = this.#readings.get(id)
    return !known?.isSettled || known.version !== version || version == null
  }

  /** AgentOS's times have whole seconds, so a session may change without another time: it is read once more. */
  async #read(session: Session): Promise<void> {
    const { session_id: id, updated_at: version } = session
    const known = this.#readings.get(id)
    try {
      const runs = await pausedIn(session)
      this.#readings.set(id, { version, isSettled: known?.version === version, runs })
    } catch (error) {
      // An unreadable session, such as another user's, counts as one without paused runs.
      const { status } = apiErrorOf(error)
      const isFinal = status >= 400 && status < 500
      const runs = isFinal ? [] : (known?.runs ?? [])
      this.#readings.set(id, { version, isSettled: isFinal, runs })
    }
  }
}

async function pausedIn(session: Session): Promise<PausedRun[]> {
  const owner = ownerOf(session)
  if (owner === undefined) return []
  const { session_id: sessionId, user_id: user } = session
  const runs = await sessions.runs(sessionId, owner.type, 'PAUSED', sourceOf(session))
  const paused = runs.filter((run) => run.status === 'PAUSED' && !run.parent_run_id)
  return Promise.all(
    paused.map(async (run) => {
      const ref = { kind: owner.kind, id: owner.id, runId: run.run_id, sessionId }
      const output: Json = await getRun(ref).catch(() => run)
      return {
        ...ref,
        pause: pauseIn(output),
        user: user ?? '',
        createdAt: run.created_at,
        input: textIn(run.run_input),
      }
    }),
  )
}
