/**
 * Holds the upstream sockets of one client: opens them on demand, applies backpressure, and fails their runs when they
 * close.
 */

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
import type { OpenRun, TakenRuns } from './open-runs.ts'
import type { UpstreamLinkSink } from './upstream-link.ts'
import { UpstreamLink } from './upstream-link.ts'

export interface UpstreamLinksOptions {
  readonly writer: ClientWriter
  /** The affinity of the engine in force. */
  affinity(): Affinity
  /** Headers of the handshake, names and values in turn. */
  headersFor(upstream: Upstream, authorization: string | undefined): readonly string[]
  /** Traces the client's socket; undefined when it is not traced. */
  readonly trace?: RequestTrace | undefined
  /** The network has accepted a frame for an upstream. */
  onSent(): void
  /** Longest time for which runs with a limit or a budget are read after the client has left, in milliseconds. */
  readOnMs(): number
  /** The client has left, and none of its runs is read on any more. */
  onReadOn(): void
  /** An upstream failed with open runs, the client has their error events, and no other run is open. */
  onRunsFailed(error: GatewayError): void
}

export class UpstreamLinks implements UpstreamLinkSink {
  /** Number of runs that started on this socket. */
  runs = 0
  /** Last failure of an upstream. */
  lastError: GatewayError | undefined
  /** Names of the upstreams that were used. */
  readonly upstreams = new Set<string>()
  readonly #options: UpstreamLinksOptions
  #links: UpstreamLink[] = []

  constructor(options: UpstreamLinksOptions) {
    this.#options = options
  }

  /** No command or run is open. */
  get isIdle(): boolean {
    return this.#links.every((link) => link.openRuns.isIdle)
  }

  /** Bytes that wait for the slowest upstream. */
  get bufferedBytes(): number {
    return Math.max(0, ...this.#links.map((link) => link.bufferedBytes))
  }

  /**
   * Returns the link for a message, and opens it on first use.
   *
   * @throws {GatewayError} `AGW_UNAUTHORIZED` for a caller whose token may not go to this upstream
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

  /** Sends a new token of the client. @param shownBy upstream whose reply is forwarded to the client */
  authenticate(caller: Caller, shownBy: Upstream | undefined): void {
    for (const link of this.#links) {
      if (link.upstream.config.credentials.kind !== 'forward') continue
      const authorization = caller.authorizationAt(link.upstream)
      if (authorization !== undefined) link.authenticate(authorization, link.upstream === shownBy)
    }
    if (shownBy === undefined || this.#links.some((link) => link.upstream === shownBy)) return
    this.to({ upstream: shownBy, owner: undefined }, caller).showAuthenticated()
  }

  /** Closes idle links to upstreams that a reload has removed. */
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

  /** Ends all open runs with error events. */
  failAll(error: GatewayError): void {
    for (const link of this.#links) this.#failRuns(link, error)
  }

  /** The client has left. Closes the upstream sockets without a run that is read on. */
  leave(): void {
    const longestMs = this.#options.readOnMs()
    this.#links = this.#links.filter((link) => link.leave(longestMs))
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

  onStopped(link: UpstreamLink, stopped: TakenRuns, error: GatewayError): void {
    this.#report(link, stopped, error)
  }

  onReadOn(link: UpstreamLink): void {
    this.#links = this.#links.filter((other) => other !== link)
    if (this.#links.length === 0) this.#options.onReadOn()
  }

  onSent(): void {
    this.#options.onSent()
  }

  /** Ends the runs of a link with AgentOS's error events. @returns false when none was open */
  #failRuns(link: UpstreamLink, error: GatewayError): boolean {
    const taken = link.openRuns.takeAll()
    this.#report(link, taken, error)
    return taken.commands.length + taken.runs.length > 0
  }

  #report(link: UpstreamLink, { commands, runs }: TakenRuns, error: GatewayError): void {
    for (const { runId, workflowId } of runs) {
      const run = { kind: 'workflows', componentId: link.idOf(workflowId), runId } as const
      this.#options.writer.send(errorEvent(error, run, Date.now()))
    }
    for (const _command of commands) {
      this.#options.writer.send(
        errorFrame(error.message, { error_type: 'gateway_error', error_id: error.code }),
      )
    }
  }
}
