/** A real HTTP server whose answers a test writes, byte for byte where it wants to. */
import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A request as it arrived, body and all. */
export interface ReceivedRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Answers one request whose body has been read. */
export type FakeHandler = (
  request: ReceivedRequest,
  response: ServerResponse,
  message: IncomingMessage,
) => void | Promise<void>

export interface FakeUpstream {
  /** Without a trailing slash. */
  readonly url: string
  /** Everything that has arrived so far, in order. */
  readonly requests: readonly ReceivedRequest[]
  /** Cuts every connection and frees the port. Done by itself when the test ends. */
  close(): Promise<void>
}

/** Listens on a free port of 127.0.0.1 until the test is over. */
export async function startFakeUpstream(handler: FakeHandler): Promise<FakeUpstream> {
  const requests: ReceivedRequest[] = []
  const server = createServer(async (message, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk)
    const { method = '', url = '', headers } = message
    const request = { method, url, headers, body: Buffer.concat(chunks) }
    requests.push(request)
    await handler(request, response, message)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  onTestFinished(close)
  return { url: `http://127.0.0.1:${port}`, requests, close }
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

/** One event in AgentOS's format. */
export function eventText(event: Record<string, unknown> & { event: string }): string {
  return `event: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`
}
