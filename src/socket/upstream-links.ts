/** The upstream sockets of one client: opened on demand, read at the client's pace, mourned when they break. */

import type { Caller } from '../auth/caller.ts'
import type { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { errorEvent } from '../relay/error-event.ts'
import type { Affinity } from '../upstream/affinity.ts'
import type { RequestTrace } from '../upstream/trace.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Destination } from './client-message.ts'
import type { ClientWriter } from './client-writer.ts'
import { errorFrame } from './frames.ts'
import type { OpenRun } from './open-runs.ts'
import type { UpstreamLinkSink } from './upstream-link.ts'
import { UpstreamLink } from './upstream-link.ts'

export interface UpstreamLinksOptions {
  readonly writer: ClientWriter
  /** Of the engine in force. */
  affinity(): Affinity
  /** Headers of the handshake, names and values in turn. */
  headersFor(upstream: Upstream, authorization: string | undefined): readonly string[]
  /** Follows the client's socket, where it is traced. */
  readonly trace?: RequestTrace | undefined
  /** The network has taken something that went to an upstream. */
  onSent(): void
  /** An upstream with something under way is gone, the client has been told, and nothing else is under way. */
  onRunsFailed(error: GatewayError): void
}

export class UpstreamLinks implements UpstreamLinkSink {
  /** Runs that have begun on this socket. */
  runs = 0
  /** What an upstream failed with last. */
  lastError: GatewayError | undefined
  /** Names of the upstreams it has needed. */
  readonly upstreams = new Set<string>()
  readonly #options: UpstreamLinksOptions
  #links: UpstreamLink[] = []

  constructor(options: UpstreamLinksOptions) {
    this.#options = options
  }

  /** Nothing is under way. */
  get isIdle(): boolean {
    return this.#links.every((link) => link.openRuns.isIdle)
  }

  /** Bytes on their way to the slowest upstream. */
  get bufferedBytes(): number {
    return Math.max(0, ...this.#links.map((link) => link.bufferedBytes))
  }

  /**
   * The link for a message, opened if need be.
   *
   * @throws {GatewayError} `AGW_UNAUTHORIZED` for a caller whose token cannot go to this upstream
   */
  to({ upstream, owner }: Pick<Destination, 'upstream' | 'owner'>, caller: Caller): UpstreamLink {
    const open = this.#links.find(
      (link) => link.upstream === upstream && (owner === undefined || link.replica === owner),
    )
    if (open) return open
    const authorization = caller.authorizationAt(upstream)
    const headers = this.#options.headersFor(upstream, authorization)
    const { trace } = this.#options
    const link = new UpstreamLink(upstream, { headers, owner, authorization, trace }, this)
    this.#links.push(link)
    this.upstreams.add(upstream.name)
    return link
  }

  /** The client has brought another token. @param shownBy the upstream whose word on it the client waits for */
  authenticate(caller: Caller, shownBy: Upstream | undefined): void {
    for (const link of this.#links) {
      if (link.upstream.config.credentials.kind !== 'forward') continue
      const authorization = caller.authorizationAt(link.upstream)
      if (authorization !== undefined) link.authenticate(authorization, link.upstream === shownBy)
    }
    if (shownBy === undefined || this.#links.some((link) => link.upstream === shownBy)) return
    this.to({ upstream: shownBy, owner: undefined }, caller).showAuthenticated()
  }

  /** Closes what a reload has left behind: links to upstreams that are not there any more, once they are idle. */
  prune({ upstreams }: Gateway): void {
    this.#links = this.#links.filter((link) => {
      const isKept = !link.openRuns.isIdle || upstreams.get(link.upstream.name) === link.upstream
      if (!isKept) link.close()
      return isKept
    })
  }

  resume(): void {
    for (const link of this.#links) link.resume()
  }

  ping(): void {
    for (const link of this.#links) link.ping()
  }

  /** Tells the client of everything under way that it has ended. */
  failAll(error: GatewayError): void {
    for (const link of this.#links) this.#failRuns(link, error)
  }

  /** Closes every upstream socket at once. */
  close(): void {
    for (const link of this.#links) link.close()
    this.#links = []
  }

  onFrame(_link: UpstreamLink, frame: Buffer, isBinary: boolean): void {
    if (this.#options.writer.send(frame, isBinary)) return
    for (const link of this.#links) link.pause()
  }

  onRun({ upstream, replica }: UpstreamLink, { runId }: OpenRun): void {
    this.runs++
    if (replica) this.#options.affinity().learn('run', upstream, runId, replica.url)
  }

  onClosed(link: UpstreamLink, error: GatewayError): void {
    this.#links = this.#links.filter((other) => other !== link)
    if (!this.#failRuns(link, error)) return
    this.lastError = error
    if (this.isIdle) this.#options.onRunsFailed(error)
  }

  onSent(): void {
    this.#options.onSent()
  }

  /** Typed as AgentOS types its own failures. @returns false when nothing was under way */
  #failRuns(link: UpstreamLink, error: GatewayError): boolean {
    const { commands, runs } = link.openRuns.takeAll()
    for (const { runId, workflowId } of runs) {
      const run = { kind: 'workflows', componentId: link.idOf(workflowId), runId } as const
      this.#options.writer.send(errorEvent(error, run, Date.now()))
    }
    for (const _command of commands) {
      this.#options.writer.send(
        errorFrame(error.message, { error_type: 'gateway_error', error_id: error.code }),
      )
    }
    return commands.length + runs.length > 0
  }
}
