/** Sends one request to every replica and relays one response, for a cancel of a run on an unknown replica. */
import { GatewayError } from '../errors.ts'
import type { WholeResponse } from './collect.ts'
import { Collector } from './collect.ts'
import type { Exchange, ResponseSink } from './exchange.ts'
import type { Replica } from './replica.ts'
import type { ReplicaPreference } from './selection.ts'
import type { Upstream } from './upstream.ts'

/** Largest response body, in bytes. */
const MAX_BYTES = 1024 * 1024

/**
 * Relays the first successful response, or else the first of all responses. Requests to the other replicas continue when the
 * caller leaves.
 */
export class Broadcast implements Exchange {
  readonly #sink: ResponseSink
  #isOver = false

  constructor(sink: ResponseSink) {
    this.#sink = sink
  }

  /** @param send sends the request with the given preference */
  start(
    upstream: Upstream,
    send: (sink: ResponseSink, options: { preference: ReplicaPreference }) => void,
  ): this {
    const requests = upstream.replicas.map(async (replica) => {
      const collector = new Collector(upstream.name, MAX_BYTES)
      send(collector, { preference: { only: replica, bypassesLimit: true } })
      const response = await collector.response
      if (response.status < 300) this.#answer(response, replica)
      return { response, replica }
    })
    void Promise.allSettled(requests).then((results) => {
      const answered = results.find((result) => result.status === 'fulfilled')
      if (answered) this.#answer(answered.value.response, answered.value.replica)
      else this.#fail(results.find((result) => result.status === 'rejected')?.reason)
    })
    return this
  }

  #answer({ status, rawHeaders, body }: WholeResponse, { url }: Replica): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#sink.onHead({ status, statusText: '', rawHeaders, replicaUrl: url }, this)
    if (body.length > 0) this.#sink.onData(body)
    this.#sink.onEnd()
  }

  #fail(reason: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    const error =
      reason instanceof GatewayError ? reason : new GatewayError('AGW_INTERNAL', { cause: reason })
    this.#sink.onError(error)
  }

  abort(): void {
    this.#isOver = true
  }

  pause(): void {}

  resume(): void {}

  limitSilence(): void {}
}
