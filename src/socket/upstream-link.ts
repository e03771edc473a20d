/** Connects one client to one upstream: opens the socket on first use, authenticates, and translates workflow ids. */
import type { GatewayError } from '../errors.ts'
import type { Replica } from '../upstream/replica.ts'
import type { RequestTrace } from '../upstream/trace.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { SocketSink } from '../upstream/upstream-socket.ts'
import { UpstreamSocket } from '../upstream/upstream-socket.ts'
import { authenticateFrame, headOf, withWorkflowIds } from './frames.ts'
import type { Command, OpenRun, SocketGuard, TakenRuns } from './open-runs.ts'
import { listenTo, OpenRuns } from './open-runs.ts'

/** Path of AgentOS's workflow socket. */
const PATH = '/workflows/ws'

/** Receives the events of a link. */
export interface UpstreamLinkSink {
  onFrame(link: UpstreamLink, frame: Buffer, isBinary: boolean): void
  onRun(link: UpstreamLink, run: OpenRun): void
  /** The gateway ends a run that has exceeded a limit. */
  onStopped(link: UpstreamLink, stopped: TakenRuns, error: GatewayError): void
  /** The client has left, and no run is read on any more. The last call. */
  onReadOn(link: UpstreamLink): void
  /** The upstream is unreachable or has closed the socket. The last call. */
  onClosed(link: UpstreamLink, error: GatewayError): void
  /** The network has accepted a frame for the upstream. */
  onSent(): void
}

export interface UpstreamLinkOptions {
  /** Headers of the handshake, names and values in turn. */
  readonly headers: readonly string[]
  /** Replica that holds the run; undefined when unknown. */
  readonly owner: Replica | undefined
  /** `Authorization` for this upstream; undefined for none. */
  readonly authorization: string | undefined
  readonly trace?: RequestTrace | undefined
}

export class UpstreamLink implements SocketSink {
  readonly upstream: Upstream
  readonly openRuns = new OpenRuns()
  readonly #sink: UpstreamLinkSink
  readonly #socket: UpstreamSocket
  /** The upstream's workflow ids that differ from the caller's. */
  readonly #aliases = new Map<string, string>()
  #queued: (Buffer | string)[] | undefined = []
  #queuedBytes = 0
  /** The renaming of a long frame, and everything that waits for it. */
  #renaming: Promise<void> | undefined
  #isClosed = false
  /** Ends the reading of runs whose client has left; undefined while the client is connected. */
  #readOnTimer: NodeJS.Timeout | undefined
  /** The client accepts no further frame for now. */
  #isPaused = false
  /** The client waits for the upstream's reply to its token. */
  #showsAuthenticated = false

  constructor(upstream: Upstream, options: UpstreamLinkOptions, sink: UpstreamLinkSink) {
    const { headers, owner, authorization, trace } = options
    this.upstream = upstream
    this.#sink = sink
    this.#socket = new UpstreamSocket(upstream, { path: PATH, headers, owner, trace }, this)
    if (authorization !== undefined) this.#send(authenticateFrame(tokenIn(authorization)))
    this.#socket.open()
  }

  /** The replica of the socket. */
  get replica(): Replica | undefined {
    return this.#socket.replica
  }

  /** Bytes that wait for the upstream. */
  get bufferedBytes(): number {
    return this.#queuedBytes + this.#socket.bufferedBytes
  }

  /** Sends a command of the client. */
  command(frame: Buffer | string, command: Command): void {
    this.openRuns.expectReply(command)
    const { guard } = command
    void guard?.failed.then((error) => this.#stop(guard, error))
    this.#send(frame)
  }

  /** Replaces the upstream's workflow id by the caller's in later frames. */
  alias(upstreamId: string, id: string): void {
    if (upstreamId !== id) this.#aliases.set(upstreamId, id)
  }

  /** The caller's id of a workflow. */
  idOf(upstreamId: string | undefined): string | undefined {
    return upstreamId === undefined ? undefined : (this.#aliases.get(upstreamId) ?? upstreamId)
  }

  /** Sends a new token of the client. @param isShown the upstream's reply is forwarded to the client */
  authenticate(authorization: string, isShown: boolean): void {
    if (isShown) this.showAuthenticated()
    this.#send(authenticateFrame(tokenIn(authorization)))
  }

  /** Forwards the upstream's reply to the token of this link. */
  showAuthenticated(): void {
    this.#showsAuthenticated = true
    this.openRuns.expectReply({ action: 'authenticate', workflowId: undefined, runId: undefined })
  }

  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#renaming === undefined) this.#socket.resume()
  }

  ping(): void {
    this.#socket.ping()
  }

  /** Closes the socket at once. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#readOnTimer)
    this.openRuns.takeAll()
    this.#socket.close()
  }

  /**
   * The client has left. Runs with a limit or a budget are read on for at most `longestMs`, because AgentOS continues them.
   *
   * @returns false when there are none and the socket is closed
   */
  leave(longestMs: number): boolean {
    const isSent = this.#queued === undefined
    if (!isSent || !this.openRuns.keepReadOn()) {
      this.close()
      return false
    }
    this.#readOnTimer = setTimeout(() => this.#endReadOn(), longestMs).unref()
    this.resume()
    return true
  }

  get #isReadOn(): boolean {
    return this.#readOnTimer !== undefined
  }

  #endReadOn(): void {
    if (this.#isClosed) return
    this.close()
    this.#sink.onReadOn(this)
  }

  #stop(guard: SocketGuard, error: GatewayError): void {
    const stopped = this.openRuns.stop(guard)
    if (!this.#isReadOn) this.#sink.onStopped(this, stopped, error)
    else if (this.openRuns.isIdle) this.#endReadOn()
  }

  onOpen(): void {
    const waiting = this.#queued ?? []
    this.#queued = undefined
    this.#queuedBytes = 0
    for (const frame of waiting) this.#send(frame)
  }

  /** A long frame is renamed in turns. The frames and the end that follow it wait, so that the order is kept. */
  onFrame(frame: Buffer, isBinary: boolean): void {
    const named = this.#renaming !== undefined ? undefined : withWorkflowIds(frame, this.#aliases)
    if (Buffer.isBuffer(named)) {
      this.#deliver(frame, named, isBinary)
      return
    }
    this.#socket.pause()
    this.#afterRenaming(async () => {
      const late = await (named ?? withWorkflowIds(frame, this.#aliases))
      if (!this.#isClosed) this.#deliver(frame, late, isBinary)
    })
  }

  /** @param named the frame with the caller's ids */
  #deliver(frame: Buffer, named: Buffer, isBinary: boolean): void {
    const { awaitsReply, hasListeners } = this.openRuns
    const head = headOf(frame, awaitsReply || hasListeners)
    if (head !== undefined) {
      if (hasListeners) this.openRuns.listen(head, frame)
      if (head.isJson && this.#isInternal(head.event)) return
      const run = this.openRuns.onFrame(head)
      if (run) {
        listenTo(run, frame)
        this.#sink.onRun(this, run)
      }
      if (this.openRuns.isStopped(head)) return
    }
    if (!this.#isReadOn) this.#sink.onFrame(this, named, isBinary)
    else if (this.openRuns.isIdle) this.#endReadOn()
  }

  #afterRenaming(next: () => void | Promise<void>): void {
    const renaming = (this.#renaming ?? Promise.resolve()).then(next).then(() => {
      if (this.#renaming !== renaming) return
      this.#renaming = undefined
      if (!this.#isPaused) this.#socket.resume()
    })
    this.#renaming = renaming
  }

  onClosed(error: GatewayError): void {
    if (this.#isReadOn) this.#endReadOn()
    else if (this.#renaming !== undefined)
      this.#afterRenaming(() => this.#sink.onClosed(this, error))
    else this.#sink.onClosed(this, error)
  }

  /** The client has got its own `connected` and `authenticated` frames from the gateway. */
  #isInternal(event: string): boolean {
    return event === 'connected' || (event === 'authenticated' && !this.#showsAuthenticated)
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
