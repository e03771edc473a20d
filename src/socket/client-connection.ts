/** Handles a client's workflow socket: reads its messages in order and routes each to an upstream socket. */
import type { Caller } from '../auth/caller.ts'
import { ERRORS, type ErrorCode, GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import type { Ticker, TickListener } from '../upstream/ticker.ts'
import type { RequestTrace } from '../upstream/trace.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { MAX_UNANSWERED_PINGS } from '../upstream/upstream-socket.ts'
import { ClientAuth } from './client-auth.ts'
import type { ClientMessage, Destination } from './client-message.ts'
import { destinationOf, messageFault, parseMessage } from './client-message.ts'
import type { ClientSocket } from './client-writer.ts'
import { ClientWriter } from './client-writer.ts'
import { errorFrame, PONG_FRAME } from './frames.ts'
import { MessageRate } from './message-rate.ts'
import type { Command, FrameListener } from './open-runs.ts'
import type { SocketPolicy } from './policy.ts'
import { UpstreamLinks } from './upstream-links.ts'

/** Close codes. @see RFC 6455 §7.4.1 and IANA's registry */
export const CLOSE = {
  goingAway: 1001,
  unsupportedData: 1003,
  /** As AgentOS for a client that does not authenticate in time. Also for a client over a limit. */
  policyViolation: 1008,
  /** An upstream failed during a run. */
  internalError: 1011,
  /** An upstream is temporarily unreachable. */
  tryAgainLater: 1013,
} as const

/** Actions that start or continue a run. */
const RUN_ACTIONS = new Set<unknown>(['start-workflow', 'continue-workflow'])
/** Failures that may be over after a short wait. */
const TRANSIENT = new Set(['AGW_UPSTREAM_UNREACHABLE', 'AGW_CONNECT_TIMEOUT', 'AGW_NO_REPLICA'])
/** Longest wait for authentication, as in AgentOS. */
const AUTH_TIMEOUT_MS = 10_000
/** Reading from the client pauses while this many bytes of its messages wait. */
const MAX_BUFFERED_BYTES = 1024 * 1024

export interface ClientConnectionOptions {
  /** The engine in force, because a reload may replace it while the socket is open. */
  gateway(): Gateway
  readonly policy: SocketPolicy
  /** The upstream that the client named; undefined for none. */
  chosen(): Upstream | undefined
  /** Headers of the handshake with an upstream, names and values in turn. */
  headersFor(upstream: Upstream, authorization: string | undefined): readonly string[]
  /** Traces the client's socket; undefined when it is not traced. */
  readonly trace?: RequestTrace | undefined
  /** Default 10 s. */
  readonly authTimeoutMs?: number
  /** The client has left, and none of its runs is read on any more. */
  onReadOn?(): void
  /** The request that opened the socket, for the list of open requests. The connection itself does not read it. */
  readonly request?: object
}

/** Handles the messages of a client one after the other, as AgentOS does. */
export class ClientConnection implements TickListener {
  readonly writer: ClientWriter
  readonly links: UpstreamLinks
  /** Number of messages from the client. */
  framesIn = 0
  bytesIn = 0
  readonly #peer: ClientSocket
  readonly #options: ClientConnectionOptions
  readonly #clientAuth: ClientAuth
  readonly #ticker: Ticker
  readonly #messageRate = new MessageRate()
  readonly #authDeadline: number
  readonly #heartbeatTicks: number
  #pingedAt: number
  #unansweredPings = 0
  #received: Buffer[] = []
  #receivedBytes = 0
  #isProcessing = false
  #isDraining = false
  #isOver = false

  /** See {@link ClientConnectionOptions.request}. */
  get request(): object | undefined {
    return this.#options.request
  }

  constructor(peer: ClientSocket, options: ClientConnectionOptions) {
    const { config, ticker } = options.gateway()
    const { authTimeoutMs = AUTH_TIMEOUT_MS } = options
    this.#peer = peer
    this.#options = options
    this.#ticker = ticker
    this.#pingedAt = ticker.now
    this.#authDeadline = ticker.now + ticker.ticks(authTimeoutMs)
    this.#heartbeatTicks = ticker.ticks(config.stream.heartbeatMs)
    this.writer = new ClientWriter(peer, () => this.links.resume())
    this.links = new UpstreamLinks({
      writer: this.writer,
      affinity: () => options.gateway().affinity,
      headersFor: options.headersFor,
      trace: options.trace,
      onSent: () => this.#resumeReading(),
      readOnMs: () => options.gateway().config.stream.detachTimeoutMs,
      onReadOn: () => options.onReadOn?.(),
      onRunsFailed: ({ code }) =>
        this.close(TRANSIENT.has(code) ? CLOSE.tryAgainLater : CLOSE.internalError, code),
    })
    this.#clientAuth = new ClientAuth(options.policy, this.writer, this.links)
    ticker.add(this)
    void this.#process(() => this.#clientAuth.greet(options.gateway()))
  }

  /** The caller; anonymous until a token is accepted. */
  get caller(): Caller {
    return this.#clientAuth.caller
  }

  /** Receives a message of the client. */
  onMessage(frame: Buffer, isBinary: boolean): void {
    if (this.#isOver) return
    this.#unansweredPings = 0
    this.framesIn++
    this.bytesIn += frame.length
    if (this.#closeIfFlooding()) return
    if (isBinary) {
      this.close(CLOSE.unsupportedData, 'Text frames only')
      return
    }
    this.#received.push(frame)
    this.#receivedBytes += frame.length
    if (this.#receivedBytes > MAX_BUFFERED_BYTES) this.#peer.pause()
    if (!this.#isProcessing) void this.#process()
  }

  /** Receives a ping of the client. `ws` sends the pong. */
  onPing(): void {
    if (!this.#isOver) this.#closeIfFlooding()
  }

  onPong(): void {
    this.#unansweredPings = 0
  }

  /** The client has left: closes its upstream sockets, except for runs that are read on, see {@link isReadOn}. */
  onClosed(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#received = []
    this.#ticker.delete(this)
    this.links.leave()
  }

  /** The client has left, and its runs with a limit or a budget are read on. */
  get isReadOn(): boolean {
    return this.#isOver && !this.links.isIdle
  }

  /** Closes the socket as soon as no run is in progress. */
  drain(): void {
    this.#isDraining = true
    if (this.links.isIdle) this.close(CLOSE.goingAway, 'The gateway is shutting down')
  }

  /** Ends the runs in progress with error events, then closes the socket. */
  onError(error: GatewayError): void {
    const { isReadOn } = this
    this.links.failAll(error)
    if (isReadOn) {
      this.links.leave()
      this.#options.onReadOn?.()
    }
    this.close(CLOSE.goingAway, error.message)
  }

  /** @param code one of {@link CLOSE} */
  close(code: number, reason: string): void {
    if (this.#isOver) return
    this.onClosed()
    this.#peer.resume()
    this.#peer.close(code, reason)
  }

  onTick(now: number): void {
    if (this.#isDraining) this.drain()
    if (this.#clientAuth.isAwaited && now >= this.#authDeadline) {
      this.close(CLOSE.policyViolation, 'Authentication timeout')
      return
    }
    if (this.#heartbeatTicks === 0 || now - this.#pingedAt < this.#heartbeatTicks) return
    this.#pingedAt = now
    this.links.prune(this.#options.gateway())
    this.links.ping()
    if (this.writer.hasSent) this.#unansweredPings = 0
    this.writer.hasSent = false
    if (this.#unansweredPings++ < MAX_UNANSWERED_PINGS) this.#peer.ping()
    else {
      this.onClosed()
      this.#peer.terminate()
    }
  }

  #closeIfFlooding(): boolean {
    const most = this.#options.policy.messageRate?.() ?? 0
    if (most === 0 || !this.#messageRate.isExceeded(most, performance.now())) return false
    this.close(CLOSE.policyViolation, 'Too many messages')
    return true
  }

  /** Handles the received messages in order. A message that needs a look-up delays those after it. */
  async #process(first?: () => Promise<void>): Promise<void> {
    this.#isProcessing = true
    try {
      await first?.()
      for (;;) {
        const frame = this.#received.shift()
        if (frame === undefined) break
        this.#receivedBytes -= frame.length
        await this.#handle(frame.toString('utf8'))
        this.#resumeReading()
      }
    } catch (cause) {
      const error = cause instanceof GatewayError ? cause : new GatewayError('AGW_INTERNAL')
      this.writer.send(
        errorFrame(error.message, { error_type: 'gateway_error', error_id: error.code }),
      )
      this.close(CLOSE.internalError, error.code)
    } finally {
      this.#isProcessing = false
    }
  }

  /** Resumes reading from the client once its upstreams have accepted its messages. */
  #resumeReading(): void {
    if (this.#isOver) return
    const waiting = this.#receivedBytes + this.links.bufferedBytes
    if (waiting > MAX_BUFFERED_BYTES) this.#peer.pause()
    else this.#peer.resume()
  }

  async #handle(text: string): Promise<void> {
    const message = await parseMessage(text)
    if (message === undefined) this.writer.send(errorFrame('Invalid JSON'))
    else if (message.action === 'authenticate') {
      const fault = await this.#clientAuth.authenticate(message.token)
      if (fault !== undefined) this.close(CLOSE.policyViolation, fault)
    } else if (this.#clientAuth.isAwaited) this.#clientAuth.ask()
    else if (message.action === 'ping') this.writer.send(PONG_FRAME)
    else await this.#route(message)
  }

  async #route(message: ClientMessage): Promise<void> {
    const { action, workflowId } = message
    const { policy } = this.#options
    const refused = await this.#refusalOf(message)
    if (refused !== undefined) {
      if (refused.code) policy.recordRefusal?.(this.caller, refused.code, message)
      this.writer.send(refused.frame)
      return
    }
    const { caller } = this
    const { affinity, discovery } = this.#options.gateway()
    const chosen = this.#options.chosen()
    const destination = await destinationOf(message, { affinity, discovery, caller, chosen })
    if ('refusal' in destination) {
      if (destination.refusal === undefined) this.#clientAuth.ask()
      else this.writer.send(destination.refusal)
      return
    }
    const charged = await this.#charge(message, destination)
    if (charged instanceof GatewayError) {
      const { code } = charged
      policy.recordRefusal?.(caller, code, message)
      this.writer.send(errorFrame(charged.message, { error_type: 'gateway_error', error_id: code }))
      return
    }
    if (!RUN_ACTIONS.has(action)) {
      this.#command(message, destination, { onFrame: charged })
      return
    }
    const slot = await policy.acquireRunSlot?.(caller, workflowId)
    if (slot === undefined && policy.acquireRunSlot) {
      policy.recordRefusal?.(caller, 'AGW_TOO_MANY_RUNS', message)
      this.writer.send(errorFrame(ERRORS.AGW_TOO_MANY_RUNS.detail))
      return
    }
    await this.#run(message, destination, { slot, onFrame: charged })
  }

  /** Why a message is not sent: it is wrong, its token is not valid any more, a right is missing, or a limit is reached. */
  async #refusalOf(
    message: ClientMessage,
  ): Promise<{ readonly frame: string; readonly code?: ErrorCode } | undefined> {
    const fault = messageFault(message)
    if (fault !== undefined) return { frame: errorFrame(fault) }
    const frame = await this.#clientAuth.refusal()
    if (frame !== undefined) return { frame, code: 'AGW_UNAUTHORIZED' }
    const missing = this.#clientAuth.faultOf(message)
    if (missing !== undefined) return { frame: errorFrame(missing), code: 'AGW_FORBIDDEN' }
    const { policy } = this.#options
    if (!(await policy.countsOverLimit?.(this.caller, message.workflowId))) return undefined
    return { frame: errorFrame(ERRORS.AGW_RATE_LIMITED.detail), code: 'AGW_RATE_LIMITED' }
  }

  /** Sends a message that starts or continues a run, once it is recorded. */
  async #run(
    message: ClientMessage,
    destination: Destination,
    { slot, onFrame }: { slot: (() => void) | undefined; onFrame: FrameListener | undefined },
  ): Promise<void> {
    let release: Command['release'] = slot
    try {
      const { policy } = this.#options
      const recordEnd = await policy.recordRun?.(this.caller, message, destination)
      const guard = await policy.guardRun?.(this.caller, message, destination)
      if (recordEnd || guard) {
        release = (end) => {
          slot?.()
          recordEnd?.(end && guard?.isStopping ? { ...end, error: 'AGW_RUN_LIMIT' } : end)
          guard?.end(end !== undefined)
        }
      }
      const isReadOn = onFrame !== undefined || guard !== undefined
      this.#command(message, destination, { release, onFrame, guard, isReadOn })
    } catch (error) {
      release?.()
      if (!(error instanceof GatewayError) || error.code !== 'AGW_AUDIT_UNAVAILABLE') throw error
      const details = { error_type: 'gateway_error', error_id: error.code }
      this.writer.send(errorFrame(error.message, details))
    }
  }

  /** @returns the refusal of a run whose budget is exceeded */
  async #charge(
    { action, workflowId, runId }: ClientMessage,
    { upstream }: Destination,
  ): Promise<FrameListener | GatewayError | undefined> {
    const isRun = RUN_ACTIONS.has(action)
    if (!isRun && runId === undefined) return undefined
    try {
      return await this.#options.policy.chargeRun?.({
        caller: this.#clientAuth.caller,
        workflowId,
        upstream: upstream.name,
        runId: action === 'start-workflow' ? undefined : runId,
        isRead: !isRun,
      })
    } catch (error) {
      if (error instanceof GatewayError) return error
      throw error
    }
  }

  #command(
    { action, workflowId, runId }: ClientMessage,
    destination: Destination,
    { release, ...listeners }: Pick<Command, 'release' | 'onFrame' | 'guard' | 'isReadOn'>,
  ): void {
    if (this.#isOver) {
      release?.()
      return
    }
    const link = this.links.to(destination, this.#clientAuth.caller)
    const upstreamId = destination.workflowId
    if (workflowId !== undefined && upstreamId !== undefined) link.alias(upstreamId, workflowId)
    const command = { action: String(action), workflowId: upstreamId, runId, ...listeners }
    link.command(destination.frame, release ? { ...command, release } : command)
  }
}
