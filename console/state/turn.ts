/** One question and its answer: request, events, and the run that they build. */
import type { Signal } from '@preact/signals'
import { signal } from '@preact/signals'
import type { StreamEvent } from '../api/event-stream.ts'
import type { ApiError } from '../api/http.ts'
import type { Following, RunRef, RunStart, Target } from '../api/runs.ts'
import { continueRun, resumeRun, startRun } from '../api/runs.ts'
import type { Json, SessionRun } from '../api/types.ts'
import { textIn } from '../api/types.ts'
import { apiErrorOf } from './polling.ts'
import { pauseIn, RunTree } from './run-events.ts'
import type { AnyEvent, RawEvent } from './run-model.ts'
import { storedNode } from './stored-run.ts'

/** Interval between renderings of a stream, in milliseconds. */
const RENDER_MS = 100
/** Largest number of events in the event list, and of their characters. */
const MOST_RAW = 50_000
const MOST_RAW_CHARS = 50_000_000
/** Largest number of attempts to resume a broken background stream. */
const RESUMES = 5

export class Turn {
  readonly message: string
  readonly tree = new RunTree()
  /** The first events, unchanged. */
  readonly raw: RawEvent[] = []
  /** Number of all events. */
  received = 0
  /** Increases when there is something new to show. */
  readonly version: Signal<number> = signal(0)
  readonly isStreaming = signal(false)
  /** The reader has asked to cancel the run. */
  readonly isStopping = signal(false)
  readonly error = signal<ApiError | undefined>(undefined)
  /** The request, for the request view; undefined for a stored run. */
  readonly start: RunStart | undefined
  requestId = ''
  firstEventMs: number | undefined
  totalMs: number | undefined
  /** Creation time of a stored run. */
  createdAt: unknown
  #control = new AbortController()
  #beganAt = performance.now()
  #isScheduled = false
  #rawChars = 0
  readonly #target: Target

  constructor(target: Target, message: string, start?: RunStart) {
    this.#target = target
    this.message = message
    this.start = start
  }

  get ref(): RunRef | undefined {
    const { root, sessionId } = this.tree
    return root && { ...this.#target, runId: root.id, sessionId }
  }

  /** Starts the run and follows it until it ends, pauses or fails. Never rejects. */
  run(): Promise<void> {
    const { start } = this
    if (start === undefined) return Promise.resolve()
    return this.#follow((following) => startRun(this.#target, start, following))
  }

  continue(decisions: { readonly field: string; readonly value: unknown } | undefined) {
    const { ref } = this
    if (ref === undefined) return Promise.resolve()
    // After a pause, AgentOS counts events from 0 again.
    this.tree.lastIndex = -1
    return this.#follow((following) => {
      const onOpen = (response: Response) => {
        // Only now: a refused decision leaves the question open.
        this.tree.decide(decisions)
        following.onOpen(response)
      }
      return continueRun(ref, decisions, { ...following, onOpen })
    })
  }

  /** Resumes the stream of a background run. */
  resume(ref: RunRef): Promise<void> {
    return this.#follow((following) => resumeRun(ref, this.tree.lastIndex, following))
  }

  /** Stops reading. A background run continues. */
  leave(): void {
    this.#control.abort()
  }

  async #follow(open: (following: Following) => Promise<void>): Promise<void> {
    this.#control = new AbortController()
    this.#beganAt = performance.now()
    this.error.value = undefined
    this.isStreaming.value = true
    const following: Following = {
      signal: this.#control.signal,
      onOpen: ({ headers }) => {
        this.requestId = headers.get('x-request-id') ?? ''
      },
      onBatch: (events) => this.#take(events),
    }
    try {
      await open(following)
    } catch (error) {
      if (!this.#control.signal.aborted) await this.#recover(error, following)
    }
    this.totalMs = performance.now() - this.#beganAt
    const { root } = this.tree
    if (this.isStopping.value && root?.state === 'running') root.state = 'cancelled'
    this.isStopping.value = false
    this.isStreaming.value = false
    this.#show()
  }

  /** A stream with event indexes is resumed; any other broken stream counts as failed. */
  async #recover(failure: unknown, following: Following): Promise<void> {
    const { ref } = this
    let last = failure
    for (let i = 0; i < RESUMES && ref && this.tree.lastIndex >= 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** i))
      if (following.signal.aborted) return
      try {
        return await resumeRun(ref, this.tree.lastIndex, following)
      } catch (error) {
        last = error
      }
    }
    this.error.value = apiErrorOf(last)
    const { root } = this.tree
    if (root?.state === 'running') root.state = 'error'
  }

  #take(events: readonly StreamEvent[]): void {
    const nowMs = performance.now()
    this.firstEventMs ??= nowMs - this.#beganAt
    for (const { name, data } of events) {
      this.received++
      this.#rawChars += data.length
      if (this.raw.length < MOST_RAW && this.#rawChars < MOST_RAW_CHARS) {
        this.raw.push({ index: this.raw.length, name, data, atMs: nowMs - this.#beganAt })
      }
      const event = parsed(data)
      if (event) this.tree.apply(event.event ? event : { ...event, event: name }, nowMs)
    }
    if (this.#isScheduled) return
    this.#isScheduled = true
    setTimeout(() => this.#show(), RENDER_MS)
  }

  #show(): void {
    this.#isScheduled = false
    this.version.value++
  }

  /** Builds the turn of a stored run. */
  static stored(
    target: Target,
    run: SessionRun,
    all: readonly SessionRun[],
    sessionId: string,
  ): Turn {
    const turn = new Turn(target, inputOf(run))
    const name = textIn(run['agent_name']) || textIn(run['team_name']) || target.id
    const root = storedNode(run, all, name)
    turn.tree.begin(root)
    turn.tree.sessionId = sessionId
    turn.createdAt = run.created_at
    if (root.state === 'paused') turn.tree.pause = pauseIn(run as Json)
    return turn
  }
}

function parsed(data: string): AnyEvent | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null ? (value as AnyEvent) : undefined
  } catch {
    return undefined
  }
}

function inputOf({ run_input: input }: SessionRun): string {
  if (typeof input === 'string') return input
  return input === null || input === undefined ? '' : JSON.stringify(input)
}
