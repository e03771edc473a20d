/** Finds open approvals in their list, and paused runs in the newest sessions. */
import { signal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { Approval } from '../../api/data.ts'
import { approvals as approvalRoutes, listPage, sessions } from '../../api/data.ts'
import { sourceOf } from '../../api/databases.ts'
import type { ApiError } from '../../api/http.ts'
import type { RunRef } from '../../api/runs.ts'
import { getRun } from '../../api/runs.ts'
import type { Json, Session } from '../../api/types.ts'
import { textIn } from '../../api/types.ts'
import { apiErrorOf } from '../../state/polling.ts'
import { pauseIn } from '../../state/run-events.ts'
import type { Pause } from '../../state/run-model.ts'
import { noteWaiting } from '../../state/waiting.ts'
import { ownerOf } from '../data/owner.ts'

export interface PausedRun extends RunRef {
  readonly pause: Pause
  readonly user: string
  readonly sessionName: string
  readonly createdAt: unknown
  readonly input: string
}

/** Sessions per search, and concurrent requests. */
const PAGE = 50
const AT_ONCE = 6

class InboxState {
  readonly approvals = signal<readonly Approval[]>([])
  readonly paused = signal<readonly PausedRun[]>([])
  readonly looked = signal(0)
  readonly total = signal(0)
  readonly partial = signal<readonly string[]>([])
  readonly error = signal<ApiError | undefined>(undefined)
  readonly isLooking = signal(false)
  #page = 0

  /** Searches from the newest session. */
  async look(): Promise<void> {
    this.#page = 0
    this.error.value = undefined
    await Promise.all([this.#lookForApprovals(), this.#lookThrough([])])
    this.#note()
  }

  async more(): Promise<void> {
    await this.#lookThrough(this.paused.value)
    this.#note()
  }

  remove(runId: string): void {
    this.paused.value = this.paused.value.filter((run) => run.runId !== runId)
    this.#note()
  }

  #note(): void {
    noteWaiting(this.approvals.value.length + this.paused.value.length)
  }

  async #lookForApprovals(): Promise<void> {
    try {
      const { body, partial } = await approvalRoutes.list({ status: 'pending', limit: 100 })
      this.approvals.value = body.data
      this.partial.value = partial
    } catch (error) {
      // An AgentOS without approvals lacks this route.
      const failure = apiErrorOf(error)
      if (failure.status !== 404) this.error.value = failure
    }
  }

  async #lookThrough(before: readonly PausedRun[]): Promise<void> {
    this.isLooking.value = true
    try {
      const page = ++this.#page
      const { body, partial } = await listPage<Session>('sessions', {
        limit: PAGE,
        page,
        sort_by: 'updated_at',
        sort_order: 'desc',
      })
      const waiting = [...body.data]
      const found: PausedRun[] = []
      const work = async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          found.push(...(await pausedIn(next)))
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, work))
      const known = new Set(this.approvals.value.map((approval) => approval.run_id))
      this.paused.value = [...before, ...found.filter(({ runId }) => !known.has(runId))]
      this.looked.value = (page === 1 ? 0 : this.looked.value) + body.data.length
      this.total.value = body.meta.total_count
      this.partial.value = [...new Set([...this.partial.value, ...partial])]
    } catch (error) {
      this.error.value = apiErrorOf(error)
    }
    this.isLooking.value = false
  }
}

export function useInbox(): InboxState {
  return useMemo(() => new InboxState(), [])
}

/** An unreadable session, such as another user's, counts as one without paused runs. */
async function pausedIn(session: Session): Promise<PausedRun[]> {
  const owner = ownerOf(session)
  if (owner === undefined) return []
  const { session_id: sessionId, session_name: sessionName, user_id: user } = session
  const runs = await sessions
    .runs(sessionId, owner.type, 'PAUSED', sourceOf(session))
    .catch(() => [])
  const paused = runs.filter((run) => run.status === 'PAUSED' && !run.parent_run_id)
  const found = await Promise.all(
    paused.map(async (run) => {
      const ref = { kind: owner.kind, id: owner.id, runId: run.run_id, sessionId }
      const output: Json = await getRun(ref).catch(() => run)
      return {
        ...ref,
        pause: pauseIn(output),
        user: user ?? '',
        sessionName: sessionName ?? '',
        createdAt: run.created_at,
        input: textIn(run.run_input),
      }
    }),
  )
  return found
}
