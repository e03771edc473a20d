/** A real HTTP server whose responses a test writes, byte for byte if needed. */
import { once } from 'node:events'
import type {
  IncomingHttpHeaders,
  IncomingMessage,
  RequestListener,
  ServerResponse,
} from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A request as it was received. */
export interface ReceivedRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Names and values in alternation, as received. */
  readonly rawHeaders: readonly string[]
  /** The part of the body that has been read; all of it when the handler waits for it. */
  readonly body: Buffer
  /** Resolves when the exchange ends: true after the whole response was sent, false when the connection broke. */
  readonly closed: Promise<boolean>
}

/** Answers one request. */
export type FakeHandler = (
  request: ReceivedRequest,
  response: ServerResponse,
  message: IncomingMessage,
) => void | Promise<void>

export interface FakeOptions {
  /** true: call the handler after the body was read; false: after the head. Default: true. */
  readonly readsBody?: boolean
  /** Default: a free port. */
  readonly port?: number
}

export interface FakeUpstream {
  /** Without a trailing slash. */
  readonly url: string
  readonly port: number
  /** All requests received so far, in order. */
  readonly requests: readonly ReceivedRequest[]
  /** Destroys every connection and frees the port. Happens automatically when the test ends. */
  close(): Promise<void>
}

/** Listens on a free port of 127.0.0.1 until the test ends. */
export async function startFakeUpstream(
  handler: FakeHandler,
  { readsBody = true, port = 0 }: FakeOptions = {},
): Promise<FakeUpstream> {
  const requests: ReceivedRequest[] = []
  const listener: RequestListener = async (message, response) => {
    const chunks: Buffer[] = []
    const request = received(message, response, chunks)
    requests.push(request)
    message.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {})
    if (readsBody) await ended(message)
    else message.pause()
    await handler(request, response, message)
  }
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, listener)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  const close = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  onTestFinished(close)
  return { url: `http://127.0.0.1:${address.port}`, port: address.port, requests, close }
}

function received(
  message: IncomingMessage,
  response: ServerResponse,
  chunks: Buffer[],
): ReceivedRequest {
  const { method = '', url = '', headers, rawHeaders } = message
  const { promise: closed, resolve } = Promise.withResolvers<boolean>()
  response.once('close', () => resolve(response.writableFinished))
  return {
    method,
    url,
    headers,
    rawHeaders,
    closed,
    get body() {
      return Buffer.concat(chunks)
    },
  }
}

/** Resolves when the body is complete; never when its connection breaks. */
function ended(message: IncomingMessage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  message.once('end', resolve)
  return promise
}

/** Returns the body of a request received with `readsBody: false`. */
export async function wholeBody(request: ReceivedRequest, message: IncomingMessage) {
  message.resume()
  if (!message.readableEnded) await ended(message)
  return request.body
}

/** Answers with JSON. */
export function answerJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Begins an event stream, as AgentOS does. */
export function beginEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  response.flushHeaders()
}

/** Formats one event as AgentOS does. */
export function eventText(event: Record<string, unknown> & { event: string }): string {
  return `event: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`
}
