/** Sends the gateway's own requests about a caller's run: resume and cancel. */

import { percentEncoded } from '../parameters/path.ts'
import type { Position, RunResumer } from '../relay/reattachment.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import type { ReplicaPreference } from '../upstream/selection.ts'
import type { RequestTrace } from '../upstream/trace.ts'
import type { BaseRemote } from './base-remote.ts'

export interface RunRequestsOptions {
  readonly remote: BaseRemote
  /** Headers of the caller with the upstream's credentials, for a form of unknown length. */
  headers(): readonly string[]
  readonly attempts: number
  readonly resumedFrom: number | undefined
  /** Puts a transformer in front of the receiver of a resumed stream. Default none. */
  readonly transformed?: ((sink: ResponseSink) => ResponseSink) | undefined
  /** Traces the requests; undefined when the caller's request is not traced. */
  readonly trace?: RequestTrace | undefined
}

export class RunRequests implements RunResumer {
  readonly attempts: number
  readonly resumedFrom: number | undefined
  readonly #remote: BaseRemote
  readonly #headers: () => readonly string[]
  readonly #transformed: (sink: ResponseSink) => ResponseSink
  readonly #trace: RequestTrace | undefined

  constructor(options: RunRequestsOptions) {
    const { remote, headers, attempts, resumedFrom, transformed, trace } = options
    this.#transformed = transformed ?? ((sink) => sink)
    this.attempts = attempts
    this.resumedFrom = resumedFrom
    this.#remote = remote
    this.#headers = headers
    this.#trace = trace
  }

  /** @see AgentOS `POST /agents/{agent_id}/runs/{run_id}/resume` */
  resume(position: Position, head: ResponseHead, sink: ResponseSink): Exchange {
    const { runId, sessionId, lastIndex } = position
    const form = new URLSearchParams({ last_event_index: `${lastIndex}` })
    if (sessionId !== undefined) form.set('session_id', sessionId)
    this.#trace?.addEvent('reattach', { last_event_index: lastIndex })
    return this.#remote.send(
      {
        method: 'POST',
        path: `/runs/${percentEncoded(runId)}/resume`,
        headers: this.#headers(),
        body: Buffer.from(form.toString()),
        trace: this.#trace,
      },
      this.#transformed(sink),
      { preference: this.#ownerOf(head), retryOnNotFound: true },
    )
  }

  /**
   * Cancels the run. Never rejects, because the caller has left.
   * @see AgentOS `POST /agents/{agent_id}/runs/{run_id}/cancel`
   */
  async cancel(
    runId: string,
    head: Pick<ResponseHead, 'replicaUrl'>,
    sessionId?: string,
  ): Promise<void> {
    // AgentOS asks users of their own sessions for the session.
    const query = sessionId === undefined ? '' : `?session_id=${percentEncoded(sessionId)}`
    await this.#remote
      .fetch(`/runs/${percentEncoded(runId)}/cancel${query}`, {
        method: 'POST',
        headers: this.#headers(),
        body: Buffer.alloc(0),
        preference: this.#ownerOf(head),
        trace: this.#trace,
      })
      .catch(() => undefined)
  }

  #ownerOf({ replicaUrl }: Pick<ResponseHead, 'replicaUrl'>): ReplicaPreference {
    const owner = this.#remote.upstream.replicas.find(({ url }) => url === replicaUrl)
    return { owner, bypassesLimit: true }
  }
}
