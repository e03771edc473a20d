/** A client's workflow socket: one conversation with the gateway, spread over a socket to each upstream it needs. */
import { ERRORS, GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import type { Ticker, Watched } from '../upstream/ticker.ts'
import type { RequestTrace } from '../upstream/trace.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { Admission } from './admission.ts'
import type { Destination, Message } from './commands.ts'
import { destinationOf, faultOf, messageIn } from './commands.ts'
import { errorFrame, PONG_FRAME } from './frames.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { Links } from './links.ts'
import { Pace } from './pace.ts'
import type { ClientPeer } from './peer.ts'
import { Outlet } from './peer.ts'

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
const BEGINS = new Set<unknown>(['start-workflow', 'continue-workflow'])
/** Failures after which the same may work in a moment. */
const PASSING = new Set(['AGW_UPSTREAM_UNREACHABLE', 'AGW_CONNECT_TIMEOUT', 'AGW_NO_REPLICA'])
/** As AgentOS grants on a public socket. */
const AUTH_TIMEOUT_MS = 10_000
/** A client is not read while this much of what it said waits for the gateway or for an upstream. */
const MOST_UNHEARD_BYTES = 1024 * 1024

export interface SessionOptions {
  /** The engine in force, which a reload may have swapped since the socket was opened. */
  gateway(): Gateway
  readonly gatekeeper: Gatekeeper
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
export class Session implements Watched {
  readonly outlet: Outlet
  readonly links: Links
  /** Messages of the client. */
  framesIn = 0
  bytesIn = 0
  readonly #peer: ClientPeer
  readonly #options: SessionOptions
  readonly #admission: Admission
  readonly #ticker: Ticker
  readonly #pace = new Pace()
  readonly #authDeadline: number
  readonly #heartbeatTicks: number
  #beatAt: number
  #unansweredPings = 0
  #unheard: Buffer[] = []
  #unheardBytes = 0
  #isHearing = false
  #isDraining = false
  #isOver = false

  constructor(peer: ClientPeer, options: SessionOptions) {
    const { config, ticker } = options.gateway()
    const { authTimeoutMs = AUTH_TIMEOUT_MS } = options
    this.#peer = peer
    this.#options = options
    this.#ticker = ticker
    this.#beatAt = ticker.now
    this.#authDeadline = ticker.now + ticker.ticks(authTimeoutMs)
    this.#heartbeatTicks = ticker.ticks(config.stream.heartbeatMs)
    this.outlet = new Outlet(peer, () => this.links.resume())
    this.links = new Links({
      outlet: this.outlet,
      affinity: () => options.gateway().affinity,
      headersFor: options.headersFor,
      trace: options.trace,
      onSent: () => this.#listenAgain(),
      onTrouble: ({ code }) =>
        this.close(PASSING.has(code) ? CLOSE.tryAgainLater : CLOSE.internalError, code),
    })
    this.#admission = new Admission(options.gatekeeper, this.outlet, this.links)
    ticker.add(this)
    void this.#hear(() => this.#admission.greet(options.gateway()))
  }

  /** The client has said something. */
  onMessage(frame: Buffer, isBinary: boolean): void {
    if (this.#isOver) return
    this.#unansweredPings = 0
    this.framesIn++
    this.bytesIn += frame.length
    if (this.#closesFlood()) return
    if (isBinary) {
      this.close(CLOSE.unsupportedData, 'Text frames only')
      return
    }
    this.#unheard.push(frame)
    this.#unheardBytes += frame.length
    if (this.#unheardBytes > MOST_UNHEARD_BYTES) this.#peer.pause()
    if (!this.#isHearing) void this.#hear()
  }

  /** The client has sent a ping, which is answered below this. */
  onPing(): void {
    if (!this.#isOver) this.#closesFlood()
  }

  onPong(): void {
    this.#unansweredPings = 0
  }

  /** The client has gone: so are, at once, its sockets to the upstreams. */
  onClosed(): void {
    this.#isOver = true
    this.#unheard = []
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
    this.links.breakOff(error)
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
    if (this.#admission.isAwaited && now >= this.#authDeadline) {
      this.close(CLOSE.policyViolation, 'Authentication timeout')
      return
    }
    if (this.#heartbeatTicks === 0 || now - this.#beatAt < this.#heartbeatTicks) return
    this.#beatAt = now
    this.links.prune(this.#options.gateway())
    this.links.beat()
    if (this.outlet.hasMoved) this.#unansweredPings = 0
    this.outlet.hasMoved = false
    if (this.#unansweredPings++ < 2) this.#peer.ping()
    else {
      this.onClosed()
      this.#peer.terminate()
    }
  }

  #closesFlood(): boolean {
    const most = this.#options.gatekeeper.messageRate?.() ?? 0
    if (most === 0 || !this.#pace.isTooFast(most, performance.now())) return false
    this.close(CLOSE.policyViolation, 'Too many messages')
    return true
  }

  /** Hears what is unheard, in order: a message that needs the gateway to look something up holds up those behind it. */
  async #hear(first?: () => Promise<void>): Promise<void> {
    this.#isHearing = true
    try {
      await first?.()
      for (;;) {
        const frame = this.#unheard.shift()
        if (frame === undefined) break
        this.#unheardBytes -= frame.length
        await this.#take(frame.toString('utf8'))
        this.#listenAgain()
      }
    } catch (cause) {
      const error = cause instanceof GatewayError ? cause : new GatewayError('AGW_INTERNAL')
      this.outlet.send(
        errorFrame(error.message, { error_type: 'gateway_error', error_id: error.code }),
      )
      this.close(CLOSE.internalError, error.code)
    } finally {
      this.#isHearing = false
    }
  }

  /** Reads the client again once its upstreams have taken what it said. */
  #listenAgain(): void {
    if (this.#isOver) return
    const waiting = this.#unheardBytes + this.links.bufferedBytes
    if (waiting > MOST_UNHEARD_BYTES) this.#peer.pause()
    else this.#peer.resume()
  }

  async #take(text: string): Promise<void> {
    const message = messageIn(text)
    if (message === undefined) this.outlet.send(errorFrame('Invalid JSON'))
    else if (message.action === 'authenticate') {
      const fault = await this.#admission.authenticate(message.token)
      if (fault !== undefined) this.close(CLOSE.policyViolation, fault)
    } else if (this.#admission.isAwaited) this.#admission.ask()
    else if (message.action === 'ping') this.outlet.send(PONG_FRAME)
    else await this.#route(message)
  }

  async #route(message: Message): Promise<void> {
    const { action, workflowId } = message
    const fault = faultOf(message) ?? this.#admission.faultOf(message)
    if (fault !== undefined) {
      this.outlet.send(errorFrame(fault))
      return
    }
    const { caller } = this.#admission
    if (await this.#options.gatekeeper.exceedsLimit?.(caller, workflowId)) {
      this.outlet.send(errorFrame(ERRORS.AGW_RATE_LIMITED.detail))
      return
    }
    const { affinity, discovery } = this.#options.gateway()
    const chosen = this.#options.chosen()
    const destination = await destinationOf(message, { affinity, discovery, caller, chosen })
    if ('refusal' in destination) {
      if (destination.refusal === undefined) this.#admission.ask()
      else this.outlet.send(destination.refusal)
      return
    }
    const { gatekeeper } = this.#options
    const release = BEGINS.has(action) ? await gatekeeper.takeRun?.(caller, workflowId) : undefined
    if (release === undefined && BEGINS.has(action) && gatekeeper.takeRun) {
      this.outlet.send(errorFrame(ERRORS.AGW_TOO_MANY_RUNS.detail))
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
    { action, workflowId, runId }: Message,
    destination: Destination,
    release: (() => void) | undefined,
  ): void {
    if (this.#isOver) {
      release?.()
      return
    }
    const link = this.links.to(destination, this.#admission.caller)
    const upstreamId = destination.workflowId
    if (workflowId !== undefined && upstreamId !== undefined) link.alias(upstreamId, workflowId)
    const command = { action: String(action), workflowId: upstreamId, runId }
    link.command(destination.frame, release ? { ...command, release } : command)
  }
}
