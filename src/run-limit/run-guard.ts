/**
 * Stops a run that exceeds its limits: asks AgentOS to cancel it, and ends the response with an error if AgentOS does not
 * end it in time. Reads events and outputs; it does not know on which transport they come.
 */
import type { RunLimit } from '../../config/types.ts'
import { GatewayError } from '../errors.ts'
import type { StreamEvent } from '../relay/stream-reader.ts'
import type { ReadRun } from '../usage/run-reader.ts'
import { RUN_EVENTS, RunUsage } from '../usage/run-usage.ts'
import { tokenCount } from '../usage/spent.ts'

/** The limit that a run has exceeded. */
export type ExceededLimit = 'tokens' | 'tool_calls' | 'duration'

/** A run at its upstream. */
export interface RunAtUpstream {
  readonly runId: string
  readonly sessionId: string | undefined
}

export interface RunGuardOptions {
  readonly limit: RunLimit
  /** Asks AgentOS to cancel the run. */
  cancel(run: RunAtUpstream): Promise<void>
  /** Called once, when the run has exceeded a limit. */
  onExceeded(limit: ExceededLimit): void
  /** A run without an id is cancelled once it has one. Default false: its response ends at once. */
  readonly isNamedLater?: boolean
  /** Ends the response, because AgentOS has not ended it. */
  fail(error: GatewayError): void
  /** Called once, when the run turns out to continue without its response. */
  onBackground?(): void
  /** Reads the run, to find out whether it still runs when nothing of it passes any more. */
  readonly read: ReadRun
  /** The guards of runs that continue without their responses. */
  readonly unwatched: Set<RunGuard>
  /** Time in which AgentOS may end the run, in milliseconds. Default 5 s. */
  readonly graceMs?: number
}

const GRACE_MS = 5_000
/** Most runs without their responses; a further one is cancelled at once. */
const MAX_UNWATCHED = 5_000
const TOOL_CALL = /^(?:Team)?ToolCallStarted$/
/** Events that are read have one of these in their names. */
export const GUARDED_EVENTS = [...RUN_EVENTS, Buffer.from('ToolCallStarted"')]

/** Guards one run. Call {@link end} when its response has ended. */
export class RunGuard {
  readonly #options: RunGuardOptions
  readonly #usage = new RunUsage()
  readonly #timer: NodeJS.Timeout | undefined
  #toolCalls = 0
  #graceTimer: NodeJS.Timeout | undefined
  #isBackground = false
  #isStopping = false
  #isClosed = false

  constructor(options: RunGuardOptions) {
    this.#options = options
    const { durationMs } = options.limit
    if (durationMs === undefined) return
    this.#timer = setTimeout(() => void this.#expire(), durationMs).unref()
  }

  /** The gateway has ended the response. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** The run has exceeded a limit. */
  get isStopping(): boolean {
    return this.#isStopping
  }

  /** Reads an event of the run or of one of its members. */
  readEvent(event: StreamEvent): void {
    this.#usage.readEvent(event)
    this.#noteBackground()
    if (this.#isStopping && this.#graceTimer === undefined) {
      this.#cancel()
      this.#awaitEnd()
    }
    if (TOOL_CALL.test(String(event['event']))) this.#toolCalls++
    const { tokens, toolCalls } = this.#options.limit
    if (tokens !== undefined && tokenCount(this.#usage.total) > tokens) this.#stop('tokens')
    else if (toolCalls !== undefined && this.#toolCalls > toolCalls) this.#stop('tool_calls')
  }

  /** Reads the output of the run, as AgentOS answers it without streaming. */
  readOutput(output: StreamEvent): void {
    this.#usage.readOutput(output)
    this.#noteBackground()
  }

  /** The response has ended. The duration of a run that continues is limited all the same. */
  end(): void {
    const { unwatched } = this.#options
    const continues = this.#timer !== undefined && this.#usage.isUnwatched && !this.#isStopping
    if (this.#isClosed || !continues) this.close()
    else if (unwatched.size < MAX_UNWATCHED) unwatched.add(this)
    else {
      this.#exceed('duration')
      this.close()
    }
  }

  /** Ends all work. */
  close(): void {
    this.#isClosed = true
    this.#options.unwatched.delete(this)
    clearTimeout(this.#timer)
    clearTimeout(this.#graceTimer)
  }

  #noteBackground(): void {
    if (this.#isBackground || !this.#usage.isUnwatched) return
    this.#isBackground = true
    this.#options.onBackground?.()
  }

  async #expire(): Promise<void> {
    const { unwatched, read } = this.#options
    if (!unwatched.has(this)) {
      this.#stop('duration')
      return
    }
    const { runId = '', sessionId } = this.#usage
    const output = await read(runId, sessionId).catch(() => undefined)
    if (typeof output === 'object' && output !== null) this.readOutput(output as StreamEvent)
    if (this.#usage.isUnwatched && !this.#isClosed) this.#exceed('duration')
    this.close()
  }

  #stop(limit: ExceededLimit): void {
    if (this.#isStopping || this.#isClosed || !this.#usage.isRunning) return
    this.#exceed(limit)
    const isUnnamed = this.#usage.runId === undefined
    if (isUnnamed && this.#options.isNamedLater !== true) this.#fail()
    else this.#awaitEnd()
  }

  #exceed(limit: ExceededLimit): void {
    this.#isStopping = true
    this.#options.onExceeded(limit)
    this.#cancel()
  }

  #cancel(): void {
    const { runId, sessionId } = this.#usage
    if (runId !== undefined) this.#options.cancel({ runId, sessionId }).catch(() => undefined)
  }

  /** AgentOS ends a cancelled run itself, if it can. */
  #awaitEnd(): void {
    if (this.#usage.runId === undefined) return
    const { graceMs = GRACE_MS } = this.#options
    this.#graceTimer = setTimeout(() => this.#fail(), graceMs).unref()
  }

  #fail(): void {
    if (this.#isClosed) return
    this.close()
    this.#options.fail(new GatewayError('AGW_RUN_LIMIT'))
  }
}
