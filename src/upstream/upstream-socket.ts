/** Opens one WebSocket to an upstream: chooses the replica, limits the handshake and reports failures. */
import { WebSocket } from 'ws'
import { GatewayError } from '../errors.ts'
import type { Replica } from './replica.ts'
import type { AttemptTrace, RequestTrace } from './trace.ts'
import { withTraceContext } from './trace.ts'
import { errorReason, reportFailure, transportError } from './transport-error.ts'
import type { Upstream } from './upstream.ts'

/** Largest frame of an upstream, in bytes: events can carry whole media. */
const MAX_FRAME_BYTES = 100 * 1024 * 1024
/** Message of `ws` for its handshake timeout; that error has no code. */
const HANDSHAKE_TIMED_OUT = 'Opening handshake has timed out'
/** Consecutive unanswered pings after which a WebSocket, also a client's, counts as half open. */
export const MAX_UNANSWERED_PINGS = 2
/** AgentOS logs every other close code as an error. @see agno/os/router.py */
const GOING_AWAY = 1001
/** Statuses of an unavailable replica; the next one may work (RFC 9110 §15.6). */
const UNAVAILABLE = new Set([502, 503, 504])
/** Headers that the handshake sets itself, or that describe the caller's page. */
const REPLACED_HEADERS = /^(?:origin|host)$/i

/** Receives the events of an upstream's socket. {@link SocketSink.onClosed} is the last one. */
export interface SocketSink {
  /** The socket is open. */
  onOpen(): void
  onFrame(frame: Buffer, isBinary: boolean): void
  /** The socket could not be opened, or has closed. Not called after {@link UpstreamSocket.close}. */
  onClosed(error: GatewayError): void
}

/** Options of a socket. */
export interface SocketOptions {
  /** Path on the upstream, with leading slash. */
  readonly path: string
  /** Names and values in turn. */
  readonly headers: readonly string[]
  /** Replica that holds the run, so it is asked first. */
  readonly owner?: Replica | undefined
  /** Traces the attempts; undefined when the client's socket is not traced. */
  readonly trace?: RequestTrace | undefined
}

/** A socket to an upstream. Tries the next replica until one opens it. */
export class UpstreamSocket {
  /** The replica of the current attempt. */
  replica: Replica | undefined
  readonly #upstream: Upstream
  readonly #options: SocketOptions
  readonly #sink: SocketSink
  readonly #tried: Replica[] = []
  #socket: WebSocket | undefined
  #attempt: AttemptTrace | undefined
  #isOpen = false
  #isCounted = false
  #isOver = false
  #unansweredPings = 0

  constructor(upstream: Upstream, options: SocketOptions, sink: SocketSink) {
    this.#upstream = upstream
    this.#options = options
    this.#sink = sink
  }

  /** Makes the first attempt. The sink gets a failure in a later microtask. */
  open(): this {
    const replica = this.#pick()
    if (replica === undefined) {
      const error = new GatewayError('AGW_NO_REPLICA', { upstream: this.#upstream.name })
      queueMicrotask(() => this.#end(error))
    } else this.#connect(replica)
    return this
  }

  /** Bytes that the network has not accepted yet. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0
  }

  /** Sends one text frame. @param onSent called when the network has accepted it */
  send(frame: Buffer | string, onSent: () => void): void {
    this.#socket?.send(frame, { binary: false }, onSent)
  }

  /** Stops reading from the upstream. */
  pause(): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.pause()
  }

  resume(): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.resume()
  }

  /** Sends a ping. Call this at every heartbeat: after two unanswered pings the connection counts as half open and fails. */
  ping(): void {
    const socket = this.#socket
    if (socket?.readyState !== WebSocket.OPEN || socket.isPaused) return
    if (this.#unansweredPings++ < MAX_UNANSWERED_PINGS) socket.ping()
    else this.#fail(new GatewayError('AGW_RELAY_TIMEOUT', { upstream: this.#upstream.name }))
  }

  /** Sends a close frame and closes the connection at once, without waiting for the reply. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#attempt?.end()
    this.#release()
    this.#terminate()
  }

  #connect(replica: Replica): void {
    this.replica = replica
    this.#tried.push(replica)
    replica.begin(this)
    this.#isCounted = true
    const { headers, ...connect } = replica.connectOptions(this.#headersFor(replica))
    const socket = new WebSocket(replica.url.replace(/^http/, 'ws') + this.#options.path, {
      ...connect,
      headers: handshakeHeaders(headers),
      handshakeTimeout: this.#upstream.config.timeouts.connectTimeoutMs,
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_BYTES,
      followRedirects: false,
    })
    this.#socket = socket
    // `ws` still reports the end of an abandoned socket.
    const isCurrent = () => !this.#isOver && socket === this.#socket
    socket
      .on('open', () => isCurrent() && this.#opened(replica))
      .on('message', (frame, isBinary) => {
        this.#unansweredPings = 0
        if (isCurrent()) this.#sink.onFrame(frame as Buffer, isBinary)
      })
      .on('pong', () => {
        this.#unansweredPings = 0
      })
      .on('unexpected-response', (request, { statusCode = 0 }) => {
        request.destroy()
        if (isCurrent()) this.#refused(statusCode)
      })
      .on('error', (cause) => isCurrent() && this.#failed(cause))
      .on('close', (code) => isCurrent() && this.#onClose(code))
  }

  #headersFor(replica: Replica): readonly string[] {
    const { trace, headers, path } = this.#options
    if (trace === undefined) return headers
    const attempt = trace.attempt({
      method: 'GET',
      upstream: this.#upstream.name,
      replicaUrl: replica.url,
      path: replica.basePath + path,
      resend: this.#tried.length - 1,
    })
    this.#attempt = attempt
    return withTraceContext(headers, attempt)
  }

  #opened(replica: Replica): void {
    this.#attempt?.answered(101)
    this.#isOpen = true
    this.#release()
    replica.succeeded()
    this.#sink.onOpen()
  }

  /** The upstream answered with HTTP instead of a WebSocket. */
  #refused(status: number): void {
    const { name } = this.#upstream
    const detail = `Upstream '${name}' answered ${status} instead of opening a WebSocket`
    const error = new GatewayError('AGW_UPSTREAM_PROTOCOL', { upstream: name, detail })
    if (!UNAVAILABLE.has(status)) this.#end(error)
    else {
      this.replica?.failed(`status ${status}`)
      this.#connectNext(error)
    }
  }

  #failed(cause: Error): void {
    const { name } = this.#upstream
    if (this.#isOpen) {
      const detail = `Upstream '${name}' sent an invalid or too large WebSocket frame`
      this.#fail(new GatewayError('AGW_UPSTREAM_PROTOCOL', { upstream: name, detail, cause }))
      return
    }
    const error =
      cause.message === HANDSHAKE_TIMED_OUT
        ? new GatewayError('AGW_CONNECT_TIMEOUT', { upstream: name, cause })
        : transportError(cause, 'connecting', name)
    reportFailure(this.replica, error)
    this.#connectNext(error)
  }

  #onClose(code: number): void {
    // A close frame is the upstream's decision; code 1006, a broken connection, is a failure of the replica.
    if (code === 1006) this.replica?.failed('AGW_RELAY_INTERRUPTED')
    this.#end(new GatewayError('AGW_RELAY_INTERRUPTED', { upstream: this.#upstream.name }))
  }

  /** The first failure explains more than "no replica left". */
  #connectNext(error: GatewayError): void {
    const next = this.#pick()
    if (next === undefined) {
      this.#end(error)
      return
    }
    this.#attempt?.end(error.code)
    this.#release()
    this.#connect(next)
  }

  #fail(error: GatewayError): void {
    this.replica?.failed(errorReason(error))
    this.#end(error)
  }

  #end(error: GatewayError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#attempt?.end(error.code)
    this.#release()
    this.#terminate()
    this.#sink.onClosed(error)
  }

  /** A socket is idle most of the time, so it counts as load only while it opens. */
  #pick(): Replica | undefined {
    return this.#upstream.pick(this.#tried, { owner: this.#options.owner, bypassesLimit: true })
  }

  #release(): void {
    if (this.#isCounted) this.replica?.end(this)
    this.#isCounted = false
  }

  #terminate(): void {
    const socket = this.#socket
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return
    if (socket.readyState === WebSocket.OPEN) socket.close(GOING_AWAY)
    socket.terminate()
  }
}

/** Converts the caller's headers to the form that `ws` takes. */
function handshakeHeaders(flat: readonly string[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    const value = flat[i + 1] as string
    if (REPLACED_HEADERS.test(name)) continue
    const before = headers[name]
    headers[name] = before === undefined ? value : [before, value].flat()
  }
  return headers
}
