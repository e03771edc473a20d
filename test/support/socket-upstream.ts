/** A fake AgentOS whose workflow socket the test controls. */
import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, RequestListener } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import type { Serves } from './agentos.ts'
import { cardFor } from './agentos.ts'
import type { TestCertificate } from './certificates.ts'
import { answerJson } from './fake-upstream.ts'
import { Queue } from './queue.ts'

/** The upstream's end of one socket, which has already sent `connected`. */
export class UpstreamEnd {
  readonly socket: WebSocket
  readonly request: IncomingMessage
  /** Resolves with the close code. */
  readonly closed: Promise<number>
  readonly #messages = new Queue<string>()

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket
    this.request = request
    const { promise, resolve } = Promise.withResolvers<number>()
    this.closed = promise
    socket
      .on('message', (frame) => this.#messages.push(frame.toString()))
      .on('error', () => {})
      .on('close', resolve)
  }

  /** Returns the next message as text. */
  nextText(): Promise<string> {
    return this.#messages.next()
  }

  async next(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.nextText()) as Record<string, unknown>
  }

  /** Sends a frame in the format of Python's JSON, with a space after colons and commas. */
  say(frame: Record<string, unknown>): void {
    this.socket.send(pythonJson(frame))
  }

  /** Sends an event of a run as AgentOS does: a whole server-sent event in one frame. */
  event(event: Record<string, unknown> & { event: string }): string {
    const text = `event: ${event.event}\ndata: ${pythonJson(event)}\n\n`
    this.socket.send(text)
    return text
  }

  /** Reads a command and starts its run. */
  async start(runId: string): Promise<Record<string, unknown>> {
    const command = await this.next()
    const { workflow_id } = command
    this.event({ event: 'WorkflowStarted', workflow_id, run_id: runId, nested_depth: 0 })
    return command
  }
}

export interface SocketUpstream {
  /** Without a trailing slash. */
  readonly url: string
  /** Returns the next opened socket. */
  next(): Promise<UpstreamEnd>
  /** Returns the next request that is neither a socket nor answered by a card, as `METHOD URL`. */
  nextRequest(): Promise<string>
  /** Headers of the last such request. */
  readonly lastHeaders: IncomingHttpHeaders
  /** Number of such requests that the test has not read. */
  readonly unread: number
  /** Number of opened sockets that the test has not read. */
  readonly waiting: number
  /** Destroys every connection and frees the port. Happens automatically when the test ends. */
  close(): Promise<void>
}

export interface SocketUpstreamOptions {
  readonly requiresAuth?: boolean
  /** Refuses the handshake with this status. */
  readonly refuses?: number
  /** Listens with TLS. */
  readonly certificate?: TestCertificate
}

/** Listens on a free port until the test ends. */
export async function startSocketUpstream(
  serves: Serves,
  { requiresAuth = false, refuses, certificate }: SocketUpstreamOptions = {},
): Promise<SocketUpstream> {
  const sockets = new Queue<UpstreamEnd>()
  const requests = new Queue<string>()
  let lastHeaders: IncomingHttpHeaders = {}
  const answer: RequestListener = (request, response) => {
    const card = cardFor(serves, request.url ?? '')
    if (card !== undefined) return answerJson(response, card)
    lastHeaders = request.headers
    requests.push(`${request.method} ${request.url}`)
    answerJson(response, { detail: 'Not Found' }, 404)
  }
  const server = certificate ? createTlsServer(certificate, answer) : createServer(answer)
  const ends = new WebSocketServer({
    server,
    path: '/workflows/ws',
    verifyClient: (_info, done) => done(refuses === undefined, refuses),
  })
  ends.on('connection', (socket, request) => {
    const end = new UpstreamEnd(socket, request)
    end.say({ event: 'connected', message: 'Connected', requires_auth: requiresAuth })
    sockets.push(end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    if (!server.listening) return
    for (const socket of ends.clients) socket.terminate()
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  onTestFinished(close)
  const { port } = server.address() as AddressInfo
  return {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    next: () => sockets.next(),
    nextRequest: () => requests.next(),
    get lastHeaders() {
      return lastHeaders
    },
    get unread() {
      return requests.size
    },
    get waiting() {
      return sockets.size
    },
    close,
  }
}

function pythonJson(value: Record<string, unknown>): string {
  const members = Object.entries(value).map(([name, member]) => {
    return `${JSON.stringify(name)}: ${JSON.stringify(member)}`
  })
  return `{${members.join(', ')}}`
}
