/** Starts, stores, follows and cancels the runs of the composer. Does not use HTTP. */
import { randomUUID } from 'node:crypto'
import { Channel } from '../src/compose/channel.ts'
import type { ComposedComponent } from '../src/compose/composed-component.ts'
import { ComposedRun } from '../src/compose/composed-run.ts'
import { nowSeconds } from '../src/compose/ids.ts'
import type { ComposedEvent, MemberOutput } from '../src/compose/member.ts'
import { SINGULAR } from '../src/compose/member.ts'
import { contentText } from '../src/compose/output.ts'
import type { ComposeStore, StoredRun } from '../src/compose/store.ts'
import type { Caller } from './caller.ts'
import { EventLog } from './event-log.ts'

/** Request for a run. */
export interface RunRequest {
  readonly component: ComposedComponent
  readonly input: string
  readonly runId: string | undefined
  readonly sessionId: string | undefined
  readonly userId: string | undefined
  readonly sessionState: Readonly<Record<string, unknown>> | undefined
  readonly additionalData: Readonly<Record<string, unknown>> | undefined
  readonly isStream: boolean
  readonly isBackground: boolean
  readonly caller: Caller
}

/** A run in progress. */
export interface LiveRun {
  readonly runId: string
  readonly sessionId: string
  /**
   * Returns events from an index until the run ends or the signal is aborted. A foreground run has one reader: the run
   * waits for it and stops when it leaves.
   */
  follow(index: number, signal: AbortSignal): AsyncGenerator<ComposedEvent, void, undefined>
  /** Number of events of a background run so far. */
  readonly eventCount: () => number
  /** Resolves with the output when the run has ended and is stored. Never rejects. */
  readonly ended: Promise<MemberOutput>
  stop(reason: 'cancelled' | 'disconnected' | 'drained'): void
}

/** Largest number of history runs: the upper limit of `num_history_runs`. */
const MAX_HISTORY_RUNS = 100

/** Receiver of a run's events. */
interface RunEvents {
  add(event: ComposedEvent): Promise<void>
  end(): void
  count(): number
  follow(
    index: number,
    signal: AbortSignal,
    stop: LiveRun['stop'],
  ): AsyncGenerator<ComposedEvent, void, undefined>
}

/** Events for one reader; the run waits for the reader. */
function direct(): RunEvents {
  const channel = new Channel<ComposedEvent>()
  return {
    add: (event) => channel.push(event),
    end: () => channel.close(),
    count: () => 0,
    follow: (_index, signal, stop) => {
      signal.addEventListener('abort', () => stop('disconnected'), { once: true })
      return channel.read(() => stop('disconnected'))
    },
  }
}

/** Reports an unexpected error inside a run. */
export type OnFailure = (error: unknown, runId: string) => void

/** The runs of one composer. */
export class Runs {
  readonly #store: ComposeStore
  readonly #onFailure: OnFailure
  readonly #live = new Map<string, LiveRun>()

  constructor(store: ComposeStore, onFailure: OnFailure) {
    this.#store = store
    this.#onFailure = onFailure
  }

  /** Number of runs in progress. */
  get size(): number {
    return this.#live.size
  }

  live(runId: string): LiveRun | undefined {
    return this.#live.get(runId)
  }

  /** Marks runs of an earlier process as failed, so that no caller waits for them. @returns their number */
  failUnfinished(): number {
    const left = this.#store.unfinished()
    for (const run of left) {
      const { runId, sessionId, kind, componentId } = run
      const content = 'The composer ended while the run was in progress'
      const ids = { [`${SINGULAR[kind]}_id`]: componentId, run_id: runId, session_id: sessionId }
      if (run.isBackground) {
        const event = kind === 'teams' ? 'TeamRunError' : 'WorkflowError'
        const index = this.#store.events(runId, -1).length
        const words = kind === 'teams' ? { content } : { error: content }
        const told = { created_at: nowSeconds(), event, ...ids, ...words, event_index: index }
        this.#store.appendEvent(runId, index, told)
      }
      const output = { ...ids, content, status: 'ERROR' }
      this.#store.saveRun({ ...run, status: 'ERROR', output, updatedAt: nowSeconds() })
    }
    return left.length
  }

  /** Starts a run and returns at once. */
  start(request: RunRequest): LiveRun {
    const runId = request.runId ?? randomUUID()
    const sessionId = request.sessionId ?? randomUUID()
    const session = this.#openSession(request, sessionId)
    const stored = this.#openRun(request, runId, sessionId)
    const { input, userId, additionalData, isStream, isBackground, caller } = request
    const { authToken, headers } = caller
    const options = {
      runId,
      sessionId,
      userId,
      additionalData,
      sessionState: { ...session.state, ...request.sessionState },
      history: this.#history(sessionId),
      authToken,
      headers,
    }
    // A background run stores its events, because a later resume sends them.
    const events = isBackground ? this.#logged(runId) : direct()
    const run = new ComposedRun(input, options, isStream || isBackground, events.add)
    const stop = run.stop.bind(run)
    const live: LiveRun = {
      runId,
      sessionId,
      stop,
      follow: (index, signal) => events.follow(index, signal, stop),
      eventCount: events.count,
      ended: this.#execute(request, run, stored, events.end),
    }
    this.#live.set(runId, live)
    return live
  }

  /** Cancels a run. @returns false for a run that is not in progress */
  cancel(runId: string): boolean {
    const live = this.#live.get(runId)
    live?.stop('cancelled')
    return live !== undefined
  }

  /** Stops every run and waits for its end. */
  async drain(): Promise<void> {
    const all = [...this.#live.values()]
    for (const live of all) live.stop('drained')
    await Promise.all(all.map(({ ended }) => ended))
  }

  async #execute(
    { component, userId }: RunRequest,
    run: ComposedRun,
    stored: StoredRun,
    end: () => void,
  ): Promise<MemberOutput> {
    try {
      const { output, sessionState } = await component.execute(run)
      const status = output.status ?? 'ERROR'
      this.#store.saveRun({ ...stored, status, output, updatedAt: nowSeconds() })
      const session = this.#store.session(run.sessionId)
      if (session) {
        this.#store.saveSession({ ...session, state: sessionState, updatedAt: nowSeconds() })
      }
      return output
    } catch (error) {
      this.#onFailure(error, run.runId)
      return { run_id: run.runId, user_id: userId, content: 'Internal error', status: 'ERROR' }
    } finally {
      this.#live.delete(run.runId)
      end()
    }
  }

  /** Finished runs of the session, for a team that adds them to its context. */
  #history(sessionId: string) {
    return this.#store
      .runsOf(sessionId)
      .filter(({ status }) => status === 'COMPLETED')
      .slice(-MAX_HISTORY_RUNS)
      .map(({ input, output }) => {
        return { input: contentText(input), content: contentText(output?.content) }
      })
  }

  #logged(runId: string): RunEvents {
    const log = new EventLog()
    return {
      add: async (event) => {
        const numbered = { ...event, event_index: log.length }
        this.#store.appendEvent(runId, log.length, numbered)
        log.append(numbered)
      },
      end: () => log.end(),
      count: () => log.length,
      follow: (index, signal) => log.follow(index, signal),
    }
  }

  #openSession({ component, userId }: RunRequest, sessionId: string) {
    const now = nowSeconds()
    const before = this.#store.session(sessionId)
    const session = before ?? {
      sessionId,
      kind: component.kind,
      componentId: component.id,
      userId,
      name: undefined,
      state: {},
      createdAt: now,
      updatedAt: now,
    }
    this.#store.saveSession({ ...session, updatedAt: now })
    return session
  }

  #openRun(request: RunRequest, runId: string, sessionId: string): StoredRun {
    const { component, userId, input, isBackground } = request
    const now = nowSeconds()
    const run: StoredRun = {
      runId,
      sessionId,
      kind: component.kind,
      componentId: component.id,
      userId,
      status: 'RUNNING',
      input,
      isBackground,
      output: undefined,
      createdAt: now,
      updatedAt: now,
    }
    this.#store.saveRun(run)
    return run
  }
}
