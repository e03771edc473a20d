/** The attempt loop: sends one request to one replica after the other while a retry is safe. */
import type { Dispatcher } from 'undici'
import { ERRORS, GatewayError } from '../errors.ts'
import type {
  Exchange,
  ResponseHead,
  ResponseSink,
  SendOptions,
  UpstreamRequest,
} from './exchange.ts'
import { isStream } from './exchange.ts'
import type { Replica } from './replica.ts'
import type { QueuedRequest, RequestQueue } from './request-queue.ts'
import {
  isEventStream,
  isOverloaded,
  isReplicaFailure,
  isRunUnknown,
  isUndecodable,
} from './response-health.ts'
import type { ReplicaPreference } from './selection.ts'
import type { Ticker, TickListener } from './ticker.ts'
import type { RequestTrace } from './trace.ts'
import { withTraceContext } from './trace.ts'
import type { AttemptHandler } from './traced-handler.ts'
import { AttemptAborted, TracedHandler } from './traced-handler.ts'
import type { Stage } from './transport-error.ts'
import { reportFailure, transportError } from './transport-error.ts'

/** The replica of a retry. */
export type RetryAt = 'next' | 'same'

/** The parts of an upstream that the loop uses. */
export interface AttemptSource {
  readonly name: string
  readonly ticker: Ticker
  /** Queue for requests while every replica is full; undefined when requests do not wait. */
  readonly queue: RequestQueue | undefined
  /** Reports a retry, at the next replica or at the same one. */
  onRetry(at: RetryAt): void
  /** The next replica; undefined when none is left. */
  pick(tried: readonly Replica[], preference: ReplicaPreference | undefined): Replica | undefined
}

/** Informational responses (RFC 9110 §15.2) of one request. Each counts as activity, so without a limit they never end. */
const MAX_INFORMATIONAL = 100

/** Safe methods: a server may process them twice (RFC 9110 §9.2.1). */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * One request in progress. It is retried only when no replica can have processed it and its body can be sent again: after a
 * failed connect, after a 503 with `retry-after`, and, for safe methods, after a broken connection. A safe request is sent
 * to the same replica once more when there is no other. Any other request that has been sent is never sent twice.
 */
export class Attempts implements Exchange, TickListener, QueuedRequest, AttemptHandler {
  readonly #source: AttemptSource
  readonly #request: UpstreamRequest
  readonly #sink: ResponseSink
  readonly #tried: Replica[] = []
  readonly #preference: ReplicaPreference | undefined
  readonly #retryOnNotFound: boolean
  #replica: Replica | undefined
  #controller: Dispatcher.DispatchController | undefined
  #abandoned: Dispatcher.DispatchController | undefined
  #heldHead: ResponseHead | undefined
  #stage: Stage = 'connecting'
  #isOver = false
  #isRetriedOnSame = false
  #isStream = false
  #isEmpty = true
  #informational = 0
  #silenceTicks: number
  #lastActivityTick: number
  #bodyError: Error | undefined

  constructor(
    source: AttemptSource,
    request: UpstreamRequest,
    sink: ResponseSink,
    options: SendOptions,
  ) {
    this.#source = source
    this.#request = request
    this.#sink = sink
    this.#preference = options.preference
    this.#retryOnNotFound = options.retryOnNotFound ?? false
    this.#silenceTicks = source.ticker.ticks(options.silenceMs)
    this.#lastActivityTick = source.ticker.now
    if (isStream(request.body)) {
      request.body.once('error', (error: Error) => {
        this.#bodyError = error
      })
    }
  }

  /** Makes the first attempt. */
  start(): this {
    this.#source.ticker.add(this)
    this.#attempt()
    return this
  }

  #attempt(): void {
    const replica = this.#pick()
    if (replica) this.#sendTo(replica)
    else if (!this.#source.queue?.join(this)) this.onTimeout()
  }

  #pick(): Replica | undefined {
    return this.#source.pick(this.#tried, this.#preference)
  }

  #sendTo(replica: Replica): void {
    this.#replica = replica
    this.#tried.push(replica)
    this.#stage = 'connecting'
    replica.begin(this)
    const { method, path, headers, body, trace } = this.#request
    const options = { method, path: replica.basePath + path, headers: headers as string[], body }
    if (trace === undefined) replica.dispatch(options, this)
    else this.#dispatchTraced(replica, options, trace)
  }

  #dispatchTraced(
    replica: Replica,
    options: Dispatcher.DispatchOptions & { readonly headers: string[] },
    trace: RequestTrace,
  ): void {
    const attempt = trace.attempt({
      method: this.#request.method,
      upstream: this.#source.name,
      replicaUrl: replica.url,
      path: options.path.split('?', 1)[0] as string,
      resend: this.#tried.length - 1,
    })
    const headers = withTraceContext(options.headers, attempt)
    replica.dispatch({ ...options, headers }, new TracedHandler(this, attempt))
  }

  /** A replica may have room now. */
  tryStart(): boolean {
    const replica = this.#pick()
    if (replica) this.#sendTo(replica)
    return replica !== undefined
  }

  /** No replica is available, and the wait in the queue is over. */
  onTimeout(): void {
    const { name: upstream } = this.#source
    this.#fail(new GatewayError('AGW_NO_REPLICA', { upstream }))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#stage = 'sent'
    this.#lastActivityTick = this.#source.ticker.now
    if (this.#isOver) controller.abort(new AttemptAborted('aborted before the request was sent'))
  }

  /** Progress of the request body counts as activity. */
  onBodySent(): void {
    this.#lastActivityTick = this.#source.ticker.now
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText = '',
  ): void {
    this.#lastActivityTick = this.#source.ticker.now
    if (this.#isOver) return
    if (status < 200) {
      this.#skipInformational(controller)
      return
    }
    const replica = this.#replica as Replica
    const head = {
      status,
      statusText,
      rawHeaders: latin1(controller.rawHeaders as readonly (Buffer | string)[]),
      replicaUrl: replica.url,
    }
    if (isUndecodable(head)) {
      this.#refuse(controller)
      return
    }
    if (status >= 502 && isReplicaFailure(head)) replica.failed(`status ${status}`)
    else replica.succeeded()
    if (status === 500) replica.handlerFailed()
    if (this.#isTurnedAway(head) && this.#attemptNext()) this.#abandon(controller)
    else {
      this.#isStream = isEventStream(head)
      if (this.#retryOnNotFound && this.#isStream) this.#heldHead = head
      else this.#deliver(head)
    }
  }

  /** Informational responses precede the final response, and are not passed on. */
  #skipInformational(controller: Dispatcher.DispatchController): void {
    if (++this.#informational > MAX_INFORMATIONAL) this.#refuse(controller)
  }

  /** The response cannot be relayed. */
  #refuse(controller: Dispatcher.DispatchController): void {
    const error = new GatewayError('AGW_UPSTREAM_PROTOCOL', { upstream: this.#source.name })
    reportFailure(this.#replica, error)
    this.#fail(error)
    controller.abort(error)
  }

  /** The response proves that nothing was processed, and another replica may serve the request. */
  #isTurnedAway(head: ResponseHead): boolean {
    return (
      (isOverloaded(head) || (this.#retryOnNotFound && head.status === 404)) && this.#canSendAgain()
    )
  }

  #deliver(head: ResponseHead): void {
    this.#heldHead = undefined
    this.#stage = 'answering'
    this.#sink.onHead(head, this)
  }

  /** The head waits for the first bytes of the stream: only they show whether the replica holds the run. */
  #deliverHeld(head: ResponseHead, firstBytes: Buffer, controller: Dispatcher.DispatchController) {
    if (isRunUnknown(firstBytes) && this.#canSendAgain() && this.#attemptNext()) {
      this.#heldHead = undefined
      this.#abandon(controller)
      return
    }
    this.#deliver(head)
    this.#sink.onData(firstBytes)
  }

  /** Drops the rest of this response. */
  #abandon(controller: Dispatcher.DispatchController): void {
    this.#abandoned = controller
    controller.abort(new AttemptAborted('the request went to another replica'))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#lastActivityTick = this.#source.ticker.now
    if (this.#isOver) return
    this.#isEmpty = false
    try {
      if (this.#heldHead) this.#deliverHeld(this.#heldHead, chunk, controller)
      else this.#sink.onData(chunk)
    } catch (cause) {
      // A failure in the receiver does not count against the replica.
      const error = new GatewayError('AGW_INTERNAL', { cause })
      this.#fail(error)
      controller.abort(error)
    }
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    if (this.#heldHead) this.#deliver(this.#heldHead)
    // AgentOS sends an event stream without events when its handler failed.
    if (this.#isEmpty && this.#isStream) this.#replica?.handlerFailed()
    this.#finish()
    try {
      this.#sink.onEnd()
    } catch (cause) {
      // undici ignores an exception after the end, and the caller would wait forever.
      this.#sink.onError(new GatewayError('AGW_INTERNAL', { cause }))
    }
  }

  onResponseError(controller: Dispatcher.DispatchController, cause: Error): void {
    if (this.#isOver || (controller && controller === this.#abandoned)) return
    const error =
      cause === this.#bodyError
        ? bodyFailure(cause)
        : transportError(cause, this.#stage, this.#source.name)
    reportFailure(this.#replica, error)
    // The first failure explains more than "no replica left".
    if (this.#isUnprocessed(error) && (this.#attemptNext() || this.#attemptAgain())) return
    this.#fail(error)
  }

  /** @returns false when no replica is left */
  #attemptNext(): boolean {
    const next = this.#pick()
    if (next === undefined) return false
    this.#source.onRetry('next')
    this.#leaveReplica()
    this.#sendTo(next)
    return true
  }

  /** No other replica is left. A replica that closed an idle keep-alive connection can be asked once more. */
  #attemptAgain(): boolean {
    const replica = this.#replica
    if (replica === undefined || this.#stage !== 'sent' || this.#isRetriedOnSame) return false
    this.#isRetriedOnSame = true
    this.#source.onRetry('same')
    this.#leaveReplica()
    this.#sendTo(replica)
    return true
  }

  /** No replica can have processed the request, or its method is safe. */
  #isUnprocessed({ code }: GatewayError): boolean {
    if (!this.#canSendAgain()) return false
    if (this.#stage === 'connecting') return ERRORS[code].failover
    return code === 'AGW_UPSTREAM_RESET' && SAFE_METHODS.has(this.#request.method)
  }

  #canSendAgain(): boolean {
    return !isStream(this.#request.body)
  }

  onTick(now: number): void {
    const controller = this.#controller
    if (controller?.paused) this.#lastActivityTick = now
    const silent = now - this.#lastActivityTick
    if (this.#silenceTicks > 0 && silent >= this.#silenceTicks && this.#stage !== 'connecting') {
      const error = this.#silenceError()
      reportFailure(this.#replica, error)
      this.#fail(error)
      controller?.abort(error)
      return
    }
    this.#sink.onTick?.(silent)
  }

  /** The error for a silence, by the side that is silent. */
  #silenceError(): GatewayError {
    const { body } = this.#request
    const upstream = this.#source.name
    if (this.#stage === 'answering') return new GatewayError('AGW_RELAY_TIMEOUT', { upstream })
    if (isStream(body) && body.isAwaitingCaller) return new GatewayError('AGW_REQUEST_TIMEOUT')
    return new GatewayError('AGW_UPSTREAM_TIMEOUT', { upstream })
  }

  abort(): void {
    if (this.#isOver) return
    this.#finish()
    this.#controller?.abort(new AttemptAborted('aborted'))
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  limitSilence(ms: number): void {
    this.#silenceTicks = this.#source.ticker.ticks(ms)
  }

  #fail(error: GatewayError): void {
    this.#finish()
    this.#sink.onError(error)
  }

  #finish(): void {
    this.#isOver = true
    this.#source.ticker.delete(this)
    this.#leaveReplica()
  }

  #leaveReplica(): void {
    const { queue } = this.#source
    this.#replica?.end(this)
    this.#replica = undefined
    if (queue === undefined) return
    queue.leave(this)
    queue.advance()
  }
}

/** A failure of the caller's body: over a limit, or a broken connection. */
function bodyFailure(cause: Error): GatewayError {
  return cause instanceof GatewayError ? cause : new GatewayError('AGW_CLIENT_CLOSED', { cause })
}

/** Header bytes as latin1, one character per byte, as Node writes them. */
function latin1(raw: readonly (Buffer | string)[]): string[] {
  const strings = new Array<string>(raw.length)
  for (let i = 0; i < raw.length; i++) {
    const part = raw[i] as Buffer | string
    strings[i] = typeof part === 'string' ? part : part.toString('latin1')
  }
  return strings
}
