/** Continues the runs of composers that have ended: searches the store at the start and every second. */
import type { FastifyBaseLogger } from 'fastify'
import { SINGULAR } from '../config/component-kind.ts'
import type { ComposedComponent } from '../src/compose/composed-component.ts'
import { nowSeconds } from '../src/compose/ids.ts'
import type { ComposeStore, StoredRun } from '../src/compose/store.ts'
import { requestOf } from './run-request.ts'
import type { Runs } from './runs.ts'

/** How often the store is searched for runs whose composer has ended. */
export const INTERVAL_MS = 1_000

/** A run that was taken over more often fails, because it may be the cause of the crashes. */
const MAX_TAKEOVERS = 20

/** Parts of a recovery. */
export interface RecoveryOptions {
  readonly store: ComposeStore
  readonly runs: Runs
  readonly logger: FastifyBaseLogger
  /** The component in force and the digest of its definition. */
  find(
    kind: 'teams' | 'workflows',
    id: string,
  ): { readonly component: ComposedComponent; readonly version: string } | undefined
}

/** Searches until it is stopped. */
export class Recovery {
  readonly #options: RecoveryOptions
  readonly #timer: NodeJS.Timeout
  #searching: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(options: RecoveryOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#begin(), INTERVAL_MS).unref()
    this.#begin()
  }

  /** Ends the search, and waits for the one in progress. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#timer)
    await this.#searching
  }

  #begin(): void {
    const { logger } = this.#options
    this.#searching = this.#searching
      .then(() => this.#search())
      .catch((error: unknown) =>
        logger.error({ err: error }, 'the search for interrupted runs failed'),
      )
  }

  async #search(): Promise<void> {
    if (this.#isStopped) return
    const { store, runs, find, logger } = this.#options
    for (const run of await store.claim(runs.ids)) {
      const found = find(run.kind, run.componentId)
      const { version } = requestOf(run)
      const isSame = version === undefined || version === found?.version
      if (run.takeovers > MAX_TAKEOVERS) await this.#fail(run, 'it was interrupted too often')
      else if (found === undefined || !isSame) {
        await this.#fail(run, `the definition of ${run.componentId} has changed since`)
      } else {
        await runs.takeUp(run, found.component)
        logger.warn(
          { runId: run.runId, component: run.componentId },
          'an interrupted run continues',
        )
      }
    }
  }

  /** Ends a run that cannot continue: the positions in its journal are those of another definition, or it ends composers. */
  async #fail(run: StoredRun, reason: string): Promise<void> {
    const { runId, sessionId, kind, componentId } = run
    const content = `The run was interrupted, and ${reason}`
    const ids = { [`${SINGULAR[kind]}_id`]: componentId, run_id: runId, session_id: sessionId }
    const isTeam = kind === 'teams'
    const event = {
      created_at: nowSeconds(),
      event: isTeam ? 'TeamRunError' : 'WorkflowError',
      ...ids,
      ...(isTeam ? { content } : { error: content }),
    }
    const { store } = this.#options
    const { count: index } = await store.positions(runId)
    await store.appendEvent(runId, {
      index,
      event: { ...event, event_index: index },
      position: undefined,
    })
    const output = { ...ids, content, status: 'ERROR' }
    await store.saveRun({
      ...run,
      isBackground: true,
      status: 'ERROR',
      output,
      updatedAt: nowSeconds(),
    })
  }
}
