/** One client's socket to one upstream: opened when first needed, authenticated as the upstream's credentials say. */
import type { GatewayError } from '../errors.ts'
import type { Replica } from '../upstream/replica.ts'
import type { RequestTrace } from '../upstream/trace.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { SocketSink } from '../upstream/upstream-socket.ts'
import { UpstreamSocket } from '../upstream/upstream-socket.ts'
import { authenticateFrame, headOf, withWorkflowId } from './frames.ts'
import type { Command, OpenRun } from './open-runs.ts'
import { OpenRuns } from './open-runs.ts'

/** AgentOS's route. */
const PATH = '/workflows/ws'

/** Receives what comes of a link. */
export interface UpstreamLinkSink {
  onFrame(link: UpstreamLink, frame: Buffer, isBinary: boolean): void
  onRun(link: UpstreamLink, run: OpenRun): void
  /** The upstream cannot be reached, or has gone. The last call. */
  onClosed(link: UpstreamLink, error: GatewayError): void
  /** The network has taken a frame that was sent to the upstream. */
  onSent(): void
}

export interface UpstreamLinkOptions {
  /** Of the handshake, names and values in turn. */
  readonly headers: readonly string[]
  /** The replica that has the run in question, where one is known. */
  readonly owner: Replica | undefined
  /** `Authorization` that this upstream is shown; undefined for none. */
  readonly authorization: string | undefined
  readonly trace?: RequestTrace | undefined
}

export class UpstreamLink implements SocketSink {
  readonly upstream: Upstream
  readonly openRuns = new OpenRuns()
  readonly #sink: UpstreamLinkSink
  readonly #socket: UpstreamSocket
  /** Ids on the upstream of workflows that callers know by another. */
  readonly #aliases = new Map<string, string>()
  #queued: (Buffer | string)[] | undefined = []
  #queuedBytes = 0
  /** The client waits for the upstream's own word on its token. */
  #showsAuthenticated = false

  constructor(upstream: Upstream, options: UpstreamLinkOptions, sink: UpstreamLinkSink) {
    const { headers, owner, authorization, trace } = options
    this.upstream = upstream
    this.#sink = sink
    this.#socket = new UpstreamSocket(upstream, { path: PATH, headers, owner, trace }, this)
    if (authorization !== undefined) this.#send(authenticateFrame(tokenIn(authorization)))
    this.#socket.open()
  }

  /** The replica at the other end. */
  get replica(): Replica | undefined {
    return this.#socket.replica
  }

  /** Bytes on their way to the upstream. */
  get bufferedBytes(): number {
    return this.#queuedBytes + this.#socket.bufferedBytes
  }

  /** Sends a command of the client. */
  command(frame: Buffer | string, command: Command): void {
    this.openRuns.expectReply(command)
    this.#send(frame)
  }

  /** Frames that name this workflow name it as callers do. */
  alias(upstreamId: string, id: string): void {
    if (upstreamId !== id) this.#aliases.set(upstreamId, id)
  }

  /** The id callers use. */
  idOf(upstreamId: string | undefined): string | undefined {
    return upstreamId === undefined ? undefined : (this.#aliases.get(upstreamId) ?? upstreamId)
  }

  /** The client has brought another token. @param isShown the upstream's word on it is the client's answer */
  authenticate(authorization: string, isShown: boolean): void {
    if (isShown) this.showAuthenticated()
    this.#send(authenticateFrame(tokenIn(authorization)))
  }

  /** The client will be shown the upstream's word on the token that the link was made with. */
  showAuthenticated(): void {
    this.#showsAuthenticated = true
    this.openRuns.expectReply({ action: 'authenticate', workflowId: undefined, runId: undefined })
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  ping(): void {
    this.#socket.ping()
  }

  close(): void {
    this.openRuns.takeAll()
    this.#socket.close()
  }

  onOpen(): void {
    const waiting = this.#queued ?? []
    this.#queued = undefined
    this.#queuedBytes = 0
    for (const frame of waiting) this.#send(frame)
  }

  onFrame(frame: Buffer, isBinary: boolean): void {
    const head = headOf(frame, this.openRuns.awaitsReply)
    if (head !== undefined) {
      if (head.isJson && this.#isInternal(head.event)) return
      const run = this.openRuns.onFrame(head)
      if (run) this.#sink.onRun(this, run)
    }
    this.#sink.onFrame(this, this.#withClientIds(frame), isBinary)
  }

  onClosed(error: GatewayError): void {
    this.#sink.onClosed(this, error)
  }

  /** Between the gateway and the upstream: the client has had its own `connected` and `authenticated`. */
  #isInternal(event: string): boolean {
    return event === 'connected' || (event === 'authenticated' && !this.#showsAuthenticated)
  }

  #withClientIds(frame: Buffer): Buffer {
    let named = frame
    for (const [upstreamId, id] of this.#aliases) named = withWorkflowId(named, upstreamId, id)
    return named
  }

  #send(frame: Buffer | string): void {
    if (this.#queued === undefined) {
      this.#socket.send(frame, () => this.#sink.onSent())
      return
    }
    this.#queued.push(frame)
    this.#queuedBytes += Buffer.byteLength(frame)
  }
}

function tokenIn(authorization: string): string {
  return authorization.replace(/^bearer /i, '')
}
