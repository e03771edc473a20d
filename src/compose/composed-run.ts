/**
 * Holds the state of one composed run in progress: its caller, its event reader, its member runs and its stop reason.
 * The execution itself is in workflow-execution.ts and in the team's files.
 */
import { randomUUID } from 'node:crypto'
import { SINGULAR } from '../../config/component-kind.ts'
import type { RunInput } from '../client/run-types.ts'
import { memberSessionId, nowSeconds } from './ids.ts'
import type { Answers, Journal } from './journal.ts'
import { lastContinuation, MemoryJournal } from './journal.ts'
import { runKept } from './kept-member-run.ts'
import type { MediaLists } from './media.ts'
import type { ComposedEvent, Member, MemberOutput, MemberRunOptions } from './member.ts'
import { runMember } from './member-run.ts'
import type { EventPosition, EventSink, NamedRun } from './named-run.ts'
import type { PausedMember } from './pause.ts'

/**
 * Why a run was stopped before its end. `rejected`: the caller rejected a step that the run needs. A suspended run sends
 * no further event and does not cancel its members: it resumes from its journal later.
 */
export type StopReason =
  | 'cancelled'
  | 'deadline'
  | 'disconnected'
  | 'drained'
  | 'suspended'
  | 'rejected'

/** Thrown inside a stopped run. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped'
  readonly reason: StopReason

  constructor(reason: StopReason, message = `the run was stopped: ${reason}`) {
    super(message)
    this.reason = reason
  }
}

/** Thrown when a member exceeds its time limit. */
export class MemberTimeout extends Error {
  override readonly name = 'MemberTimeout'
}

/** Options of one run. */
export interface ComposedRunOptions extends MemberRunOptions {
  /** Default: a new UUID. */
  readonly runId?: string | undefined
  readonly additionalData?: Readonly<Record<string, unknown>> | undefined
  /** Earlier runs of the session, oldest first, for a team that adds them to its context. Default none. */
  readonly history?: readonly { readonly input: string; readonly content: string }[] | undefined
  /** Journal of earlier parts of the same run. Default: empty. */
  readonly journal?: Journal | undefined
  /** The token of a request that is sent now, for a token that expires during the run. Default: `authToken`. */
  readonly tokenNow?: (() => string | undefined) | undefined
  /** Last sent event of every source, of earlier parts of the same run. Default none. */
  readonly sent?: ReadonlyMap<string, number> | undefined
  /** Members run in the background of their AgentOS, so that their runs outlive this process. Default false. */
  readonly keepsMembers?: boolean | undefined
  /** Called when a member run begins. Default: member runs are not observed. */
  readonly observeMember?:
    | ((member: Member, path: string, runId: string) => MemberObservation)
    | undefined
  /** Seconds since 1970. Default: now. */
  readonly createdAt?: number | undefined
}

/** Observes one member run. */
export interface MemberObservation {
  /** More headers of the member's requests. */
  readonly headers: Readonly<Record<string, string>>
  /** @param output undefined for a member that failed without one */
  end(output: MemberOutput | undefined): void
}

/** Distinguishes a run that is taken up later. */
export function isSuspension(error: unknown): boolean {
  return error instanceof RunStopped && error.reason === 'suspended'
}

/** One member run inside the composed run. */
export interface MemberTask {
  readonly member: Member
  readonly input: RunInput
  readonly named: NamedRun
  readonly sessionId: string
  readonly sessionState?: Readonly<Record<string, unknown>> | undefined
  /** Default: the media of the composed run. */
  readonly media?: MediaLists | undefined
  /** Set to continue the member's run after a pause. */
  readonly paused?: PausedMember | undefined
  /** 0 for no limit. */
  readonly timeoutMs: number
  /** Aborted to stop this member alone, such as the siblings of a failed branch. */
  readonly signal: AbortSignal
  /** Receives the member's events. If a cancelled member sends no `…Cancelled` event, the run adds one. */
  readonly onEvent: EventSink
}

/** Time in milliseconds for a cancelled member to send its last event. After it the connection is closed. */
const CANCEL_GRACE_MS = 60
const CANCELLED = {
  agents: 'RunCancelled',
  teams: 'TeamRunCancelled',
  workflows: 'WorkflowCancelled',
}

/** Entry `start` of the journal. */
interface StartEntry extends Record<string, unknown> {
  readonly sessionState: Readonly<Record<string, unknown>> | undefined
  readonly spentMs: number
}

/** A run in progress. */
export class ComposedRun {
  readonly runId: string
  readonly sessionId: string
  readonly createdAt: number
  readonly startedAtMs = performance.now()
  readonly input: RunInput
  readonly options: ComposedRunOptions
  readonly isStream: boolean
  readonly journal: Journal
  /** An earlier part of the run was interrupted or paused, and the run is replayed only to be cancelled. */
  readonly isCancelledReplay: boolean
  /** How often the caller has continued the run, and its last answers. */
  readonly round: number
  readonly answers: Answers
  readonly #controller = new AbortController()
  readonly #sink: EventSink
  readonly #start: StartEntry | undefined
  readonly #sent: Map<string, number>

  constructor(input: RunInput, options: ComposedRunOptions, isStream: boolean, sink: EventSink) {
    this.input = input
    this.isStream = isStream
    this.runId = options.runId ?? randomUUID()
    this.sessionId = options.sessionId ?? randomUUID()
    this.journal = options.journal ?? new MemoryJournal()
    // A continued run starts from the session state of its first part.
    this.#start = this.journal.get('start') as StartEntry | undefined
    this.options = this.#start ? { ...options, sessionState: this.#start.sessionState } : options
    const isReplay = this.#start !== undefined || (options.sent?.size ?? 0) > 0
    this.isCancelledReplay = isReplay && options.signal?.aborted === true
    const { round, answers } = lastContinuation(this.journal)
    this.round = round
    this.answers = answers
    this.createdAt = options.createdAt ?? nowSeconds()
    const before = Object.entries(this.journal.get('sent') ?? {}) as [string, number][]
    this.#sent = new Map([...before, ...(options.sent ?? [])])
    this.#sink = sink
    // Every running member adds a listener; Node's default limit would print a warning.
    options.signal?.addEventListener('abort', () => this.stop('disconnected'), { once: true })
    if (options.signal?.aborted) this.stop('disconnected')
  }

  /** Aborted with a {@link RunStopped} when the run has to stop. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Seconds since the run began. */
  get duration(): number {
    return (performance.now() - this.startedAtMs) / 1000
  }

  /** Milliseconds of this part and the earlier parts of the run, without its pauses. */
  get spentMs(): number {
    const before = this.#start?.spentMs
    if (before !== undefined) return before + this.duration * 1000
    return Math.max(0, (nowSeconds() - this.createdAt) * 1000)
  }

  /** The caller's token for a request that is sent now. */
  get authToken(): string | undefined {
    const { tokenNow, authToken } = this.options
    return tokenNow ? tokenNow() : authToken
  }

  /** The run ends without a word, to be taken up later. */
  get isSuspended(): boolean {
    return isSuspension(this.signal.reason)
  }

  /** Stops the run and cancels every member. Only the first reason counts. */
  stop(reason: StopReason, message?: string): void {
    this.#controller.abort(new RunStopped(reason, message))
  }

  /**
   * Sends an event to the reader; without a reader it does nothing.
   *
   * @param position position of an event that is sent once, also when the run is replayed. A text is the source of a single event
   *   of the run itself
   */
  async emit(event: ComposedEvent, position?: string | EventPosition): Promise<void> {
    if (this.isSuspended) throw this.signal.reason
    const at = typeof position === 'string' ? { source: position, index: 0 } : position
    if (at !== undefined) {
      if (at.index <= (this.#sent.get(at.source) ?? -1)) return
      this.#sent.set(at.source, at.index)
    }
    if (this.isStream) await this.#sink(event, at)
  }

  /** Journals the state at the start and the positions of sent events, for the continuation of the run. */
  async pause(): Promise<void> {
    const { sessionState } = this.options
    await this.journal.put('start', { sessionState, spentMs: this.spentMs } satisfies StartEntry)
    await this.journal.put('sent', Object.fromEntries(this.#sent))
  }

  /** Names a member's run. The name is journaled before the run is sent, so that the run is found again after a crash. */
  async nameMember(path: string, member: Member): Promise<NamedRun> {
    const key = `member:${path}`
    const before = this.journal.get(key)
    if (before) return { path, runId: String(before['runId']), wasSent: true }
    const runId = randomUUID()
    await this.journal.put(key, { runId, member: member.id })
    return { path, runId, wasSent: false }
  }

  /**
   * Session id of a member. By default each member has its own session, so that members of one AgentOS do not share a
   * history.
   */
  memberSession(member: Member, mode: 'own' | 'shared' = 'own'): string {
    return mode === 'shared' ? this.sessionId : memberSessionId(this.sessionId, member.id)
  }

  /**
   * Runs a member. Cancels it when its signal is aborted or its time limit ends.
   *
   * @throws the abort reason, {@link MemberTimeout}, or the member's own errors
   */
  async runMember(task: MemberTask): Promise<MemberOutput> {
    task.signal.throwIfAborted()
    const { member, named } = task
    const observation = this.options.observeMember?.(member, named.path, named.runId)
    const attempt = new MemberAttempt(task, this, observation?.headers)
    let output: MemberOutput | undefined
    try {
      output = await attempt.run()
      return output
    } finally {
      attempt.close()
      observation?.end(output)
    }
  }
}

/** One attempt at a member's run, with its time limit and its abort signal. */
class MemberAttempt {
  readonly #task: MemberTask
  readonly #run: ComposedRun
  readonly #connection = new AbortController()
  readonly #stopped = Promise.withResolvers<never>()
  #stopError: Error | undefined
  #timer: NodeJS.Timeout | undefined
  #hasSentCancelled = false
  readonly #onAbort = () => this.#stop(this.#task.signal.reason as Error)

  readonly #headers: Readonly<Record<string, string>>

  constructor(
    task: MemberTask,
    run: ComposedRun,
    headers: Readonly<Record<string, string>> | undefined,
  ) {
    this.#task = task
    this.#run = run
    this.#headers = { ...run.options.headers, ...headers }
    this.#stopped.promise.catch(() => undefined)
    task.signal.addEventListener('abort', this.#onAbort, { once: true })
    if (task.timeoutMs > 0) {
      const words = `${task.member.name} did not answer within ${task.timeoutMs / 1000} s`
      this.#timer = setTimeout(() => this.#stop(new MemberTimeout(words)), task.timeoutMs)
    }
  }

  async run(): Promise<MemberOutput> {
    const { member, input, named, sessionId, sessionState, paused } = this.#task
    const { options, isStream, journal, authToken } = this.#run
    const { userId } = options
    const { images, audio, videos, files } = this.#task.media ?? options
    const headers = this.#headers
    const shared = { authToken, headers, userId, sessionId, signal: this.#connection.signal }
    const given = { images, audio, videos, files, sessionState }
    const call = {
      member,
      input,
      runId: named.runId,
      isStream,
      paused,
      options: { ...shared, ...given },
      onEvent: (event: ComposedEvent, position?: EventPosition) => this.#forward(event, position),
    }
    const isKept = options.keepsMembers === true && member.resumeRun !== undefined
    const answer = isKept ? runKept({ ...call, named, sessionId, journal }) : runMember(call)
    try {
      const output = await Promise.race([answer, this.#stopped.promise])
      // A cancelled member may complete before its connection is closed: the cancel counts.
      return this.#stopError === undefined ? output : await this.#stopped.promise
    } catch (error) {
      answer.catch(() => undefined)
      throw this.#stopError ?? error
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#task.signal.removeEventListener('abort', this.#onAbort)
  }

  async #forward(event: ComposedEvent, position?: EventPosition): Promise<void> {
    if (this.#stopError === undefined) return this.#task.onEvent(event, position)
    if (isSuspension(this.#stopError)) return
    // After a cancel only the …Cancelled event counts: AgentOS sends a …Completed event after it.
    if (!event.event.endsWith('Cancelled')) return
    if (event['run_id'] === this.#task.named.runId) {
      if (this.#hasSentCancelled) return
      this.#hasSentCancelled = true
    }
    await this.#task.onEvent(event, position)
  }

  #stop(reason: Error): void {
    if (this.#stopError !== undefined) return
    this.#stopError = reason
    clearTimeout(this.#timer)
    if (isSuspension(reason)) {
      this.#connection.abort()
      this.#stopped.reject(reason)
    } else void this.#cancel(reason)
  }

  /** Cancels the member, waits for its last event for at most `CANCEL_GRACE_MS`, then closes the connection. */
  async #cancel(reason: Error): Promise<void> {
    const { member, named, sessionId } = this.#task
    const { runId } = named
    const { authToken } = this.#run
    const headers = this.#headers
    const asked = member.cancelRun(runId, { authToken, headers, sessionId })
    await Promise.race([
      asked.then(() => (this.#run.isStream ? delay(CANCEL_GRACE_MS) : undefined)),
      delay(CANCEL_GRACE_MS),
    ])
    this.#connection.abort()
    if (!this.#hasSentCancelled) await this.#forward(this.#ownCancelled())
    this.#stopped.reject(reason)
  }

  #ownCancelled(): ComposedEvent {
    const { member, named, sessionId } = this.#task
    const { runId } = named
    const kind = SINGULAR[member.kind]
    return {
      created_at: nowSeconds(),
      event: CANCELLED[member.kind],
      [`${kind}_id`]: member.id,
      [`${kind}_name`]: member.name,
      run_id: runId,
      session_id: sessionId,
      nested_depth: 0,
      reason: `Run ${runId} was cancelled`,
    }
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
