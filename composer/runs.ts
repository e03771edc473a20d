/** Starts, stores, follows, cancels and continues the runs of the composer. Independent of HTTP. */
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { ComposedComponent } from '../src/compose/composed-component.ts'
import type { ComposedRunOptions, StopReason } from '../src/compose/composed-run.ts'
import { ComposedRun, isSuspension } from '../src/compose/composed-run.ts'
import { nowSeconds } from '../src/compose/ids.ts'
import type { Answers } from '../src/compose/journal.ts'
import { continuation } from '../src/compose/journal.ts'
import type { ComposedEvent, MemberOutput } from '../src/compose/member.ts'
import { contentText } from '../src/compose/output.ts'
import type { ComposeStore, StoredRun } from '../src/compose/store.ts'
import { isEnded, RunTaken } from '../src/compose/store.ts'
import type { Tracing } from '../src/tracing/tracing.ts'
import type { Caller } from './caller.ts'
import type { RunEvents } from './run-events.ts'
import { directEvents, loggedEvents } from './run-events.ts'
import { mediaOptions, NO_MEDIA } from './run-media.ts'
import type { OnMember, RunSummary } from './run-observer.ts'
import { RunObserver } from './run-observer.ts'
import type { RunRequest } from './run-request.ts'
import { keptCaller, keptRequest, requestOf } from './run-request.ts'
import { tokenFor } from './run-token.ts'

/** A run in progress. */
export interface LiveRun {
  readonly runId: string
  readonly sessionId: string
  /**
   * Events from an index on, until the run ends or the signal is aborted. A foreground run has one reader, whose leaving
   * stops the run and whose pace is the run's.
   */
  follow(index: number, signal: AbortSignal): AsyncGenerator<ComposedEvent, void, undefined>
  /** Index of the first event of this part of the run: more than 0 for a run that is continued. */
  readonly first: number
  /** Any number of readers can follow it. */
  readonly hasLog: boolean
  /** Resolves with the output once the run is over and stored; never rejects. */
  readonly ended: Promise<MemberOutput>
  stop(reason: StopReason): void
  /** The only reader of a foreground run has disconnected. */
  leave(): void
}

/** How long after its connections the channel to a gateway that crashed closes at the latest, in milliseconds. */
const ORPHAN_MS = 20

/** Longest wait for the last writes of suspended runs, in milliseconds: a caller that reads nothing holds its run. */
const SUSPEND_MS = 2_000

/** A gateway has started this process, and its end closes the channel to it. */
const HAS_PARENT = process.send !== undefined

/** How a paused run is continued. */
export interface Continuation {
  /** The caller's requirements with their answers. */
  readonly answers: Answers
  readonly caller: Caller
  /** The caller reads the events of this part of the run. */
  readonly isStream: boolean
}

/** Receivers of the ends and failures of runs. */
export interface RunsOptions {
  /** Traces runs and their members. Default: no tracing. */
  readonly tracing?: Tracing | undefined
  /** Signs the identity of a caller whose token is not there any more. Default: such requests have no identity. */
  readonly key?: string | undefined
  /** Called for each member run that has ended. Default: member runs are not counted. */
  readonly onMember?: OnMember | undefined
  /** A run failed without an output. It is taken up again. */
  onFailure(error: unknown, runId: string): void
  onEnd(summary: RunSummary): void
}

/** The parts of one execution. */
interface Execution {
  readonly component: ComposedComponent
  readonly run: ComposedRun
  readonly stored: StoredRun
  readonly events: RunEvents
  readonly observer: RunObserver
}

/** The runs of one composer. */
export class Runs {
  readonly #store: ComposeStore
  readonly #options: RunsOptions
  readonly #live = new Map<string, LiveRun>()
  readonly #starting = new Set<string>()
  readonly #executing = new Set<Promise<MemberOutput>>()
  #isSuspended = false

  constructor(store: ComposeStore, options: RunsOptions) {
    this.#store = store
    this.#options = options
    store.onCancelRequest((runId) => this.#live.get(runId)?.stop('cancelled'))
  }

  /** Runs in progress. */
  get size(): number {
    return this.#live.size
  }

  /** True once the runs are left to the next process; no run starts any more. */
  get isSuspended(): boolean {
    return this.#isSuspended
  }

  /** Ids of the runs that this process executes. */
  get ids(): string[] {
    return [...this.#live.keys(), ...this.#starting]
  }

  live(runId: string): LiveRun | undefined {
    return this.#live.get(runId)
  }

  /** Starts a run and returns once it is stored. @returns undefined when the run id is taken */
  async start(request: RunRequest): Promise<LiveRun | undefined> {
    const runId = request.runId ?? randomUUID()
    const sessionId = request.sessionId ?? randomUUID()
    const stored = newRun(request, runId, sessionId)
    return this.#own(runId, async () => {
      if (!(await this.#store.createRun(stored))) return undefined
      const session = await this.#openSession(request, sessionId)
      const sessionState = { ...session.state, ...request.sessionState }
      const options = { sessionState, ...this.#identity(stored, request.caller) }
      const make = request.isBackground ? loggedEvents : directEvents
      return this.#run(request.component, stored, make(this.#store, runId), options)
    })
  }

  /** Keeps the recovery from a run that is stored but does not execute yet. */
  async #own<Result>(runId: string, work: () => Promise<Result>): Promise<Result> {
    this.#starting.add(runId)
    try {
      return await work()
    } finally {
      this.#starting.delete(runId)
    }
  }

  /** Continues a run of an earlier process, in the background: its caller is gone. A cancelled one cancels its members. */
  async takeUp(stored: StoredRun, component: ComposedComponent): Promise<LiveRun> {
    const run = { ...stored, isBackground: true }
    return this.#own(stored.runId, async () => {
      await this.#store.saveRun(run)
      const signal = stored.isCancelled ? AbortSignal.abort() : undefined
      return this.#replay(run, component, { ...this.#identity(run, undefined), signal })
    })
  }

  /** @param caller undefined for a caller that is gone */
  #identity(stored: StoredRun, caller: Caller | undefined) {
    const { key } = this.#options
    return { tokenNow: () => tokenFor(requestOf(stored), caller, key) }
  }

  /**
   * Continues a paused run.
   *
   * @returns undefined for a run that is not paused, or that another request continues
   */
  async continue(
    stored: StoredRun,
    component: ComposedComponent,
    { answers, caller, isStream }: Continuation,
  ): Promise<LiveRun | undefined> {
    return this.#own(stored.runId, async () => {
      const run = await this.#claimPaused(stored, caller, answers)
      return run && this.#replay(run, component, this.#identity(run, caller), isStream)
    })
  }

  /** Stores the answers and the caller's claims with the claim, so that they survive this process. */
  async #claimPaused(
    stored: StoredRun,
    caller: Caller,
    answers: Answers,
  ): Promise<StoredRun | undefined> {
    const { runId } = stored
    const request = { ...stored.request, ...keptCaller(caller) }
    const entry = continuation(await this.#store.journal(runId), answers)
    const isClaimed = await this.#store.claimPaused(runId, { request, entry })
    return isClaimed ? { ...stored, request } : undefined
  }

  /** Cancels a run that waits for answers, and its waiting members. Resolves once it is stored. */
  async cancelPaused(
    stored: StoredRun,
    component: ComposedComponent,
    caller: Caller,
  ): Promise<void> {
    const live = await this.#own(stored.runId, async () => {
      await this.#store.requestCancel(stored.runId)
      const run = await this.#claimPaused(stored, caller, [])
      const given = { ...this.#identity(stored, caller), signal: AbortSignal.abort() }
      return run && this.#replay(run, component, given, false)
    })
    await live?.ended
  }

  /** Executes a run again with its journal and the positions of its events. */
  async #replay(
    stored: StoredRun,
    component: ComposedComponent,
    given: ComposedRunOptions,
    isStream?: boolean,
  ): Promise<LiveRun> {
    const { runId, sessionId, isBackground } = stored
    const [earlier, { sent }, session] = await Promise.all([
      this.#store.events(runId, -1),
      this.#store.positions(runId),
      this.#store.session(sessionId),
    ])
    const sessionState = { ...session?.state, ...requestOf(stored).sessionState }
    const events = isBackground
      ? loggedEvents(this.#store, runId, earlier)
      : directEvents(this.#store, runId, earlier.length)
    return this.#run(component, stored, events, { ...given, sessionState, sent }, isStream)
  }

  /** A gateway that crashed closes its connections, too: then the caller has not left. */
  async #callerLeft(run: ComposedRun): Promise<void> {
    if (HAS_PARENT) await setTimeout(ORPHAN_MS)
    const isOrphan = HAS_PARENT && !process.connected
    run.stop(isOrphan && this.#store.isDurable ? 'suspended' : 'disconnected')
  }

  async #run(
    component: ComposedComponent,
    stored: StoredRun,
    events: RunEvents,
    given: ComposedRunOptions,
    isStreamNow?: boolean,
  ): Promise<LiveRun> {
    const { runId, sessionId, userId, createdAt, isBackground } = stored
    const { additionalData, headers = {}, media = NO_MEDIA, isStream = true } = requestOf(stored)
    const observer = new RunObserver(stored, this.#options, headers)
    const journal = await this.#store.journal(runId)
    // Members of a lost run must not be cancelled: the new owner reads them.
    const guard = async (write: Promise<void>) => {
      try {
        await write
      } catch (error) {
        if (error instanceof RunTaken) run.stop('suspended')
        throw error
      }
    }
    const options: ComposedRunOptions = {
      ...given,
      ...mediaOptions(media),
      runId,
      sessionId,
      userId,
      createdAt,
      additionalData,
      headers,
      history: await this.#history(sessionId, component.numHistoryRuns),
      journal: { get: (key) => journal.get(key), put: (...entry) => guard(journal.put(...entry)) },
      keepsMembers: true,
      observeMember: (...member) => observer.member(...member),
    }
    // A background run has events without a reader: a later resume sends them.
    const hasEvents = (isStreamNow ?? isStream) || isBackground
    const run = new ComposedRun(stored.input as string, options, hasEvents, (...event) =>
      guard(events.add(...event)),
    )
    const stop = run.stop.bind(run)
    const leave = () => void this.#callerLeft(run)
    const executing = this.#execute({ component, run, stored, events, observer })
    this.#executing.add(executing)
    void executing.finally(() => this.#executing.delete(executing))
    const live: LiveRun = {
      runId,
      sessionId,
      stop,
      first: events.count(),
      hasLog: isBackground,
      leave,
      follow: (index, signal) => events.follow(index, signal, leave),
      ended: executing.then((output) => (this.#isHeld(output) ? new Promise(() => {}) : output)),
    }
    this.#live.set(runId, live)
    if (this.#isSuspended) this.#suspendOne(live)
    return live
  }

  /** Cancels a run, also one of another process. Resolves once the request survives this process. */
  async cancel(runId: string): Promise<void> {
    this.#live.get(runId)?.stop('cancelled')
    await this.#store.requestCancel(runId)
  }

  /**
   * Leaves every run to the next process, and waits for the last writes. Callers get no end: the
   * gateway ends their responses with the reason. Runs in a store that ends with this process are cancelled.
   */
  async suspend(): Promise<void> {
    this.#isSuspended = true
    for (const live of this.#live.values()) this.#suspendOne(live)
    const limit = setTimeout(SUSPEND_MS, undefined, { ref: false })
    await Promise.race([Promise.all(this.#executing), limit])
  }

  #suspendOne(live: LiveRun): void {
    live.stop(this.#store.isDurable ? 'suspended' : 'drained')
  }

  /** Whether the next process sends the rest of the run. */
  #isHeld({ status }: MemberOutput): boolean {
    return this.#isSuspended && status === 'RUNNING'
  }

  async #execute(execution: Execution): Promise<MemberOutput> {
    const { component, run, stored, events, observer } = execution
    const { runId, sessionId } = run
    let summary: RunSummary | undefined
    try {
      const { output, sessionState } = await component.execute(run)
      const status = output.status ?? 'ERROR'
      await events.written()
      const session = await this.#store.session(sessionId)
      if (session) {
        const changed = { ...session, state: sessionState, updatedAt: nowSeconds() }
        await this.#store.saveSession(changed)
      }
      await this.#store.saveRun({ ...stored, status, output, updatedAt: nowSeconds() })
      if (!stored.isBackground && isEnded(status)) await this.#store.dropEvents(runId)
      summary = observer.end(status)
      return output
    } catch (error) {
      const isLeft = isSuspension(error) || error instanceof RunTaken
      if (!isLeft) this.#options.onFailure(error, runId)
      summary = observer.end(isLeft ? 'SUSPENDED' : 'ERROR')
      return { run_id: runId, content: 'Internal error', status: isLeft ? 'RUNNING' : 'ERROR' }
    } finally {
      this.#live.delete(runId)
      if (!(this.#isSuspended && summary?.status === 'SUSPENDED')) events.end()
      if (summary) this.#options.onEnd(summary)
    }
  }

  /** Finished runs of the session, for a team that adds them to its context. */
  async #history(sessionId: string, count: number) {
    // Not loaded where it is not used: a long session would delay every run of it.
    if (count === 0) return []
    const runs = await this.#store.runsOf(sessionId)
    return runs
      .filter(({ status }) => status === 'COMPLETED')
      .slice(-count)
      .map(({ input, output }) => {
        return { input: contentText(input), content: contentText(output?.content) }
      })
  }

  async #openSession({ component, userId }: RunRequest, sessionId: string) {
    const now = nowSeconds()
    const before = await this.#store.session(sessionId)
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
    await this.#store.saveSession({ ...session, updatedAt: now })
    return session
  }
}

function newRun(request: RunRequest, runId: string, sessionId: string): StoredRun {
  const { component, userId, input, isBackground } = request
  const now = nowSeconds()
  return {
    runId,
    sessionId,
    kind: component.kind,
    componentId: component.id,
    userId,
    status: 'RUNNING',
    input,
    isBackground,
    request: keptRequest(request),
    output: undefined,
    isCancelled: false,
    takeovers: 0,
    createdAt: now,
    updatedAt: now,
  }
}
