/** A client's workflow socket: one conversation with the gateway, spread over a socket to each upstream it needs. */
import { ERRORS, GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import type { Ticker, TickListener } from '../upstream/ticker.ts'
import type { RequestTrace } from '../upstream/trace.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { ClientAuth } from './client-auth.ts'
import type { ClientMessage, Destination } from './client-message.ts'
import { destinationOf, messageFault, parseMessage } from './client-message.ts'
import type { ClientSocket } from './client-writer.ts'
import { ClientWriter } from './client-writer.ts'
import { errorFrame, PONG_FRAME } from './frames.ts'
import { MessageRate } from './message-rate.ts'
import type { SocketPolicy } from './policy.ts'
import { UpstreamLinks } from './upstream-links.ts'

/** Close codes. @see RFC 6455 §7.4.1 and IANA's registry */
export const CLOSE = {
  goingAway: 1001,
  unsupportedData: 1003,
  /** As AgentOS, for those who do not authenticate in time; also for those who have, or say, too much. */
  policyViolation: 1008,
  /** An upstream broke off. */
  internalError: 1011,
  /** An upstream cannot be reached now. */
  tryAgainLater: 1013,
} as const

/** What begins a run, or has one go on. */
const RUN_ACTIONS = new Set<unknown>(['start-workflow', 'continue-workflow'])
/** Failures after which the same may work in a moment. */
const TRANSIENT = new Set(['AGW_UPSTREAM_UNREACHABLE', 'AGW_CONNECT_TIMEOUT', 'AGW_NO_REPLICA'])
/** As AgentOS grants on a public socket. */
const AUTH_TIMEOUT_MS = 10_000
/** A client is not read while this much of what it said waits for the gateway or for an upstream. */
const MAX_BUFFERED_BYTES = 1024 * 1024

export interface ClientConnectionOptions {
  /** The engine in force, which a reload may have swapped since the socket was opened. */
  gateway(): Gateway
  readonly policy: SocketPolicy
  /** The one upstream the client wants to talk to, if it chose one. */
  chosen(): Upstream | undefined
  /** Headers of the handshake with an upstream, names and values in turn. */
  headersFor(upstream: Upstream, authorization: string | undefined): readonly string[]
  /** Follows the client's socket, where it is traced. */
  readonly trace?: RequestTrace | undefined
  /** Default 10 s. */
  readonly authTimeoutMs?: number
}

/** Hears a client out, one message after the other, as AgentOS does. */
export class ClientConnection implements TickListener {
  readonly writer: ClientWriter
  readonly links: UpstreamLinks
  /** Messages of the client. */
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
      onRunsFailed: ({ code }) =>
        this.close(TRANSIENT.has(code) ? CLOSE.tryAgainLater : CLOSE.internalError, code),
    })
    this.#clientAuth = new ClientAuth(options.policy, this.writer, this.links)
    ticker.add(this)
    void this.#process(() => this.#clientAuth.greet(options.gateway()))
  }

  /** The client has said something. */
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

  /** The client has sent a ping, which is answered below this. */
  onPing(): void {
    if (!this.#isOver) this.#closeIfFlooding()
  }

  onPong(): void {
    this.#unansweredPings = 0
  }

  /** The client has gone: so are, at once, its sockets to the upstreams. */
  onClosed(): void {
    this.#isOver = true
    this.#received = []
    this.#ticker.delete(this)
    this.links.close()
  }

  /** Takes leave of the client as soon as nothing is under way. */
  drain(): void {
    this.#isDraining = true
    if (this.links.isIdle) this.close(CLOSE.goingAway, 'The gateway is shutting down')
  }

  /** Ends what is under way with typed events, and the socket. */
  onError(error: GatewayError): void {
    this.links.failAll(error)
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
    if (this.#unansweredPings++ < 2) this.#peer.ping()
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

  /** Hears what is unheard, in order: a message that needs the gateway to look something up holds up those behind it. */
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

  /** Reads the client again once its upstreams have taken what it said. */
  #resumeReading(): void {
    if (this.#isOver) return
    const waiting = this.#receivedBytes + this.links.bufferedBytes
    if (waiting > MAX_BUFFERED_BYTES) this.#peer.pause()
    else this.#peer.resume()
  }

  async #handle(text: string): Promise<void> {
    const message = parseMessage(text)
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
    const fault = messageFault(message) ?? this.#clientAuth.faultOf(message)
    if (fault !== undefined) {
      this.writer.send(errorFrame(fault))
      return
    }
    const { caller } = this.#clientAuth
    if (await this.#options.policy.countsOverLimit?.(caller, workflowId)) {
      this.writer.send(errorFrame(ERRORS.AGW_RATE_LIMITED.detail))
      return
    }
    const { affinity, discovery } = this.#options.gateway()
    const chosen = this.#options.chosen()
    const destination = await destinationOf(message, { affinity, discovery, caller, chosen })
    if ('refusal' in destination) {
      if (destination.refusal === undefined) this.#clientAuth.ask()
      else this.writer.send(destination.refusal)
      return
    }
    const { policy } = this.#options
    const release = RUN_ACTIONS.has(action)
      ? await policy.acquireRunSlot?.(caller, workflowId)
      : undefined
    if (release === undefined && RUN_ACTIONS.has(action) && policy.acquireRunSlot) {
      this.writer.send(errorFrame(ERRORS.AGW_TOO_MANY_RUNS.detail))
      return
    }
    try {
      this.#command(message, destination, release)
    } catch (error) {
      release?.()
      throw error
    }
  }

  #command(
    { action, workflowId, runId }: ClientMessage,
    destination: Destination,
    release: (() => void) | undefined,
  ): void {
    if (this.#isOver) {
      release?.()
      return
    }
    const link = this.links.to(destination, this.#clientAuth.caller)
    const upstreamId = destination.workflowId
    if (workflowId !== undefined && upstreamId !== undefined) link.alias(upstreamId, workflowId)
    const command = { action: String(action), workflowId: upstreamId, runId }
    link.command(destination.frame, release ? { ...command, release } : command)
  }
}
