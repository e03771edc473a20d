/**
 * Stops a run that exceeds its limits: asks AgentOS to cancel it, and ends the response with an error if AgentOS does not
 * end it in time. Reads the events of streams, and passes the bytes on unchanged.
 */
import type { RunLimit } from '../../config/types.ts'
import { GatewayError } from '../errors.ts'
import type { StreamEvent } from '../relay/stream-reader.ts'
import { StreamReader } from '../relay/stream-reader.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import { RunUsage } from '../usage/run-usage.ts'
import { tokenCount } from '../usage/spent.ts'

/** The limit that a run has exceeded. */
export type ExceededLimit = 'tokens' | 'tool_calls' | 'duration'

/** A run at its upstream. */
export interface RunAtUpstream {
  readonly runId: string
  readonly sessionId: string | undefined
  /** Head of the response, with its replica. */
  readonly head: ResponseHead
}

export interface RunGuardOptions {
  readonly limit: RunLimit
  /** Asks AgentOS to cancel the run. Never rejects. */
  cancel(run: RunAtUpstream): Promise<void>
  /** Called once, when the run has exceeded a limit. */
  onExceeded(limit: ExceededLimit): void
  /** Time in which AgentOS may end the run, in milliseconds. Default 5 s. */
  readonly graceMs?: number
}

const GRACE_MS = 5_000
const TOOL_CALL = /^(?:Team)?ToolCallStarted$/
/** Events that are read have one of these in their names. */
const NEEDLES = ['ModelRequestCompleted"', 'ToolCallStarted"'].map((text) => Buffer.from(text))

/** Guards one run, also while its broken stream is resumed. Call {@link close} when the response has ended. */
export class RunGuard {
  readonly #options: RunGuardOptions
  readonly #usage = new RunUsage()
  readonly #timer: NodeJS.Timeout | undefined
  /** Receives the error when AgentOS does not end the run. A resumed stream has another receiver. */
  #receiver: ResponseSink | undefined
  #head: ResponseHead | undefined
  #toolCalls = 0
  #graceTimer: NodeJS.Timeout | undefined
  #isStopping = false
  #isClosed = false

  constructor(options: RunGuardOptions) {
    this.#options = options
    const { durationMs } = options.limit
    if (durationMs === undefined) return
    this.#timer = setTimeout(() => this.#stop('duration'), durationMs).unref()
  }

  /** The gateway has ended the response. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Wraps the receiver of the response, or of a resumed stream. */
  tap(receiver: ResponseSink): ResponseSink {
    this.#receiver ??= receiver
    return new GuardedStream(this, receiver)
  }

  begin(head: ResponseHead): StreamReader | undefined {
    this.#head = head
    return StreamReader.for(head, NEEDLES, (event) => this.#read(event))
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    clearTimeout(this.#graceTimer)
  }

  #read(event: StreamEvent): void {
    const { tokens, toolCalls } = this.#options.limit
    this.#usage.readEvent(event)
    if (TOOL_CALL.test(String(event['event']))) this.#toolCalls++
    if (tokens !== undefined && tokenCount(this.#usage.total) > tokens) this.#stop('tokens')
    else if (toolCalls !== undefined && this.#toolCalls > toolCalls) this.#stop('tool_calls')
  }

  #stop(limit: ExceededLimit): void {
    if (this.#isStopping || this.#isClosed) return
    this.#isStopping = true
    this.#options.onExceeded(limit)
    const { runId, sessionId } = this.#usage
    if (runId === undefined || this.#head === undefined) {
      this.#fail()
      return
    }
    const { graceMs = GRACE_MS } = this.#options
    this.#graceTimer = setTimeout(() => this.#fail(), graceMs).unref()
    void this.#options.cancel({ runId, sessionId, head: this.#head })
  }

  #fail(): void {
    if (this.#isClosed) return
    this.close()
    this.#receiver?.onError(new GatewayError('AGW_RUN_LIMIT'))
  }
}

/** Passes one response on, and shows its events to the guard. */
class GuardedStream implements ResponseSink {
  readonly #guard: RunGuard
  readonly #receiver: ResponseSink
  #reader: StreamReader | undefined

  constructor(guard: RunGuard, receiver: ResponseSink) {
    this.#guard = guard
    this.#receiver = receiver
  }

  onHead(head: ResponseHead, exchange: Exchange): void {
    if (this.#guard.isClosed) {
      exchange.abort()
      return
    }
    this.#reader = this.#guard.begin(head)
    this.#receiver.onHead(head, exchange)
  }

  onData(chunk: Buffer): void {
    this.#receiver.onData(chunk)
    this.#reader?.push(chunk)
  }

  onEnd(): void {
    this.#receiver.onEnd()
  }

  onError(error: GatewayError): void {
    if (!this.#guard.isClosed) this.#receiver.onError(error)
  }

  onTick(silentTicks: number): void {
    this.#receiver.onTick?.(silentTicks)
  }
}
