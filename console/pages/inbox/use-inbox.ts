/** Searches open approvals and paused runs: when the page opens, and again while it is visible. */
import { signal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { approvals as approvalRoutes } from '../../api/data.ts'
import type { ApiError } from '../../api/http.ts'
import type { Approval } from '../../api/types.ts'
import type { InboxItem } from '../../state/inbox-items.ts'
import { itemsOf, merged } from '../../state/inbox-items.ts'
import { apiErrorOf, usePolled } from '../../state/polling.ts'
import { noteWaiting } from '../../state/waiting.ts'
import { PausedSessions } from './paused-sessions.ts'

/** Shortest pause between searches, in milliseconds. */
const POLL_MS = 5_000
const MOST_APPROVALS = 100
/** The pause is at least this many times as long as a search, which takes long with many changed sessions. */
const REST = 4

class Inbox {
  readonly items = signal<readonly InboxItem[]>([])
  readonly looked = signal(0)
  readonly total = signal(0)
  readonly partial = signal<readonly string[]>([])
  readonly error = signal<ApiError | undefined>(undefined)
  /** A search has ended. */
  readonly hasLooked = signal(false)
  /** A search that the reader has asked for is in progress. */
  readonly isLooking = signal(false)
  #sessions = new PausedSessions()
  #approvals: readonly Approval[] = []
  /** Items that the reader has answered during the search in progress. */
  readonly #answered = new Set<string>()
  /** Ids of runs that the reader continues by deciding an approval: they have no card of their own meanwhile. */
  readonly #continued = new Set<string>()
  #page = 1
  #last: Promise<unknown> = Promise.resolve()

  /** Searches the newest sessions. @returns its duration in milliseconds */
  look(): Promise<number> {
    return this.#inTurn(async () => {
      const began = performance.now()
      this.#answered.clear()
      const [ofApprovals, ofSessions] = await Promise.allSettled([
        this.#readApprovals(),
        this.#sessions.search(1),
      ])
      if (ofSessions.status === 'fulfilled') {
        this.looked.value = Math.max(ofSessions.value.count, this.looked.value)
        this.total.value = ofSessions.value.total
      }
      this.#show()
      this.hasLooked.value = true
      if (ofApprovals.status === 'rejected') throw ofApprovals.reason
      if (ofSessions.status === 'rejected') throw ofSessions.reason
      this.partial.value = [...new Set([...ofApprovals.value, ...ofSessions.value.partial])]
      this.error.value = undefined
      return performance.now() - began
    })
  }

  /** Searches the sessions after the searched ones. */
  more(): Promise<void> {
    return this.#asked(() =>
      this.#inTurn(async () => {
        const { count } = await this.#sessions.search(this.#page + 1)
        this.#page++
        this.looked.value += count
        this.#show()
      }),
    )
  }

  /** Forgets all items and searches again. */
  again(): Promise<void> {
    return this.#asked(() => {
      this.#sessions = new PausedSessions()
      this.items.value = []
      this.#continued.clear()
      this.looked.value = 0
      this.#page = 1
      return this.look()
    })
  }

  /** The reader decides an approval, and its run is continued. */
  decide({ run_id: runId }: Approval): void {
    this.#continued.add(runId)
  }

  /** Removes an item that the reader has answered. */
  remove({ key, of }: InboxItem): void {
    this.#answered.add(key)
    if ('approval' in of) this.#continued.delete(of.approval.run_id)
    else this.#sessions.unsettle(of.run.sessionId)
    this.items.value = this.items.value.filter((item) => item.key !== key)
    this.#note()
  }

  async #asked(work: () => Promise<unknown>): Promise<void> {
    this.isLooking.value = true
    this.error.value = undefined
    await work().catch((error: unknown) => {
      this.error.value = apiErrorOf(error)
    })
    this.isLooking.value = false
  }

  /** One search at a time. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
  }

  /** @returns the upstreams that did not answer */
  async #readApprovals(): Promise<readonly string[]> {
    const { body, partial } = await approvalRoutes
      .list({ status: 'pending', limit: MOST_APPROVALS })
      .catch((error: unknown) => {
        // An AgentOS without approvals lacks this route.
        if (apiErrorOf(error).status !== 404) throw error
        return { body: { data: [] }, partial: [] }
      })
    // The approvals of an upstream that does not answer still wait.
    const missing = partial.length > 0 ? this.#approvals.filter(isMissingIn(body.data)) : []
    this.#approvals = [...body.data, ...missing]
    return partial
  }

  #show(): void {
    const runs = this.#sessions.runs.filter(({ runId }) => !this.#continued.has(runId))
    const found = itemsOf(this.#approvals, runs)
    const open = found.filter(({ key }) => !this.#answered.has(key))
    this.items.value = merged(this.items.value, open)
    this.#note()
  }

  #note(): void {
    noteWaiting(this.items.value.filter(({ isOver }) => !isOver).length)
  }
}

function isMissingIn(found: readonly Approval[]): (approval: Approval) => boolean {
  const ids = new Set(found.map(({ id }) => id))
  return ({ id }) => !ids.has(id)
}

export function useInbox() {
  const inbox = useMemo(() => new Inbox(), [])
  const polled = usePolled(
    () => inbox.look(),
    (tookMs = 0) => Math.max(POLL_MS, REST * tookMs),
  )
  return { inbox, error: inbox.error.value ?? polled.error.value }
}
