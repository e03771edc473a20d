/** What the gateway asks an AgentOS about a run on behalf of the caller who began it. */

import type { Position, RunResumer } from '../relay/reattachment.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import type { ReplicaPreference } from '../upstream/selection.ts'
import type { RequestTrace } from '../upstream/trace.ts'
import type { BaseRemote } from './base-remote.ts'

export interface RunRequestsOptions {
  readonly remote: BaseRemote
  /** Headers of the caller, with the credentials for the upstream, for a form without a length. */
  headers(): readonly string[]
  readonly attempts: number
  readonly resumedFrom: number | undefined
  /** Puts a transformer before the receiver of a resumed stream. Default none. */
  readonly transformed?: ((sink: ResponseSink) => ResponseSink) | undefined
  /** Follows the caller's request, where it is traced. */
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
        path: `/runs/${encodeURIComponent(runId)}/resume`,
        headers: this.#headers(),
        body: Buffer.from(form.toString()),
        trace: this.#trace,
      },
      this.#transformed(sink),
      { preference: this.#ownerOf(head), retryOnNotFound: true },
    )
  }

  /**
   * Asks for the end of the run. Never rejects: the caller who could be told is gone.
   * @see AgentOS `POST /agents/{agent_id}/runs/{run_id}/cancel`
   */
  async cancel(runId: string, head: ResponseHead): Promise<void> {
    await this.#remote
      .fetch(`/runs/${encodeURIComponent(runId)}/cancel`, {
        method: 'POST',
        headers: this.#headers(),
        body: Buffer.alloc(0),
        preference: this.#ownerOf(head),
        trace: this.#trace,
      })
      .catch(() => undefined)
  }

  #ownerOf({ replicaUrl }: ResponseHead): ReplicaPreference {
    const owner = this.#remote.upstream.replicas.find(({ url }) => url === replicaUrl)
    return { owner, bypassesLimit: true }
  }
}
