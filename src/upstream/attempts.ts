/** The attempt loop: one request, tried at one replica after the other until it may no longer be. */
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { ERRORS, GatewayError } from '../errors.ts'
import type { Exchange, ResponseSink, SendOptions, UpstreamRequest } from './exchange.ts'
import type { Stage } from './failure.ts'
import { transportError } from './failure.ts'
import type { Replica } from './replica.ts'
import type { Ticker, Watched } from './ticker.ts'

/** What the loop needs of the upstream. */
export interface AttemptSource {
  readonly name: string
  readonly ticker: Ticker
  /** The replica to ask next, or undefined when none is left. */
  pick(tried: readonly Replica[]): Replica | undefined
}

/**
 * One request under way. Goes to the next replica only while not a byte of it can have been processed: a connection that
 * was never made, and a body that can be sent again. A request that has been started is never sent twice.
 */
export class Attempts implements Exchange, Watched, Dispatcher.DispatchHandler {
  readonly #source: AttemptSource
  readonly #request: UpstreamRequest
  readonly #sink: ResponseSink
  readonly #tried: Replica[] = []
  #replica: Replica | undefined
  #controller: Dispatcher.DispatchController | undefined
  #stage: Stage = 'connecting'
  #isOver = false
  #silenceTicks: number
  #heardAt: number
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
    this.#silenceTicks = source.ticker.ticks(options.silenceMs)
    this.#heardAt = source.ticker.now
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
    const replica = this.#source.pick(this.#tried)
    if (replica === undefined) {
      this.#fail(
        new GatewayError('AGW_NO_REPLICA', {
          upstream: this.#source.name,
          headers: { 'retry-after': '1' },
        }),
      )
      return
    }
    this.#replica = replica
    this.#tried.push(replica)
    replica.inFlight++
    const { method, path, headers, body } = this.#request
    replica.dispatch(
      { method, path: replica.basePath + path, headers: headers as string[], body },
      this,
    )
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#stage = 'sent'
    this.#heardAt = this.#source.ticker.now
    if (this.#isOver) controller.abort(new Error('aborted before the request was sent'))
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText = '',
  ): void {
    this.#heardAt = this.#source.ticker.now
    // Informational responses (RFC 9110 §15.2) precede the final one.
    if (status < 200 || this.#isOver) return
    this.#stage = 'answering'
    const replica = this.#replica as Replica
    replica.succeeded()
    this.#sink.onHead(
      {
        status,
        statusText,
        rawHeaders: latin1(controller.rawHeaders as readonly (Buffer | string)[]),
        replicaUrl: replica.url,
      },
      this,
    )
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#heardAt = this.#source.ticker.now
    if (!this.#isOver) this.#sink.onData(chunk)
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    this.#finish()
    this.#sink.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    if (this.#isOver) return
    const error =
      cause === this.#bodyError
        ? bodyFailure(cause)
        : transportError(cause, this.#stage, this.#source.name)
    const kind = ERRORS[error.code]
    const replica = this.#replica as Replica
    if (kind.countsAgainstReplica) replica.failed(error.code)
    if (kind.failover && this.#stage === 'connecting' && this.#canSendAgain()) {
      replica.inFlight--
      this.#replica = undefined
      this.#attemptNext(error)
      return
    }
    this.#fail(error)
  }

  /** The first failure says more than "no replica left". */
  #attemptNext(error: GatewayError): void {
    if (this.#source.pick(this.#tried) === undefined) this.#fail(error)
    else this.#attempt()
  }

  #canSendAgain(): boolean {
    return !isStream(this.#request.body)
  }

  onTick(now: number): void {
    const controller = this.#controller
    if (controller?.paused) this.#heardAt = now
    const silent = now - this.#heardAt
    if (this.#silenceTicks > 0 && silent >= this.#silenceTicks && this.#stage !== 'connecting') {
      const code = this.#stage === 'answering' ? 'AGW_RELAY_TIMEOUT' : 'AGW_UPSTREAM_TIMEOUT'
      this.#replica?.failed(code)
      const error = new GatewayError(code, { upstream: this.#source.name })
      this.#fail(error)
      controller?.abort(error)
      return
    }
    this.#sink.onTick?.(silent)
  }

  abort(): void {
    if (this.#isOver) return
    this.#finish()
    this.#controller?.abort(new Error('aborted'))
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
    if (this.#replica) this.#replica.inFlight--
    this.#replica = undefined
  }
}

function isStream(body: UpstreamRequest['body']): body is Readable {
  return body !== null && !Buffer.isBuffer(body)
}

/** The caller's doing, not the upstream's: a limit that was passed, or a connection that broke. */
function bodyFailure(cause: Error): GatewayError {
  return cause instanceof GatewayError ? cause : new GatewayError('AGW_CLIENT_CLOSED', { cause })
}

/** Header bytes as Node writes them back: one character a byte, so nothing is lost. */
function latin1(raw: readonly (Buffer | string)[]): string[] {
  const strings = new Array<string>(raw.length)
  for (let i = 0; i < raw.length; i++) {
    const part = raw[i] as Buffer | string
    strings[i] = typeof part === 'string' ? part : part.toString('latin1')
  }
  return strings
}
