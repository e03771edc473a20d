/** Defines the answers of demo routes, and writes them to a `node:http` response as AgentOS does. */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** One problem in FastAPI's 422 list. */
export interface Issue {
  type: string
  loc: string[]
  msg: string
  input: unknown
  ctx?: Record<string, unknown>
}

/** A failure, answered as `{"detail": …}` with this status. */
export class HttpError extends Error {
  readonly status: number
  readonly detail: string | Issue[]
  readonly headers: Record<string, string>

  constructor(status: number, detail: string | Issue[], headers: Record<string, string> = {}) {
    super(typeof detail === 'string' ? detail : 'Validation error')
    this.status = status
    this.detail = detail
    this.headers = headers
  }
}

/** A JSON answer; without `body`, only status and headers (204). */
export interface JsonReply {
  status: number
  body?: unknown
}

/** A stream of server-sent events. `onDisconnect` is called once if the client disconnects before the end. */
export interface EventReply {
  events: AsyncIterable<string>
  onDisconnect?: () => void
}

export type Reply = JsonReply | EventReply

/** Writes a JSON answer with the headers AgentOS sends. */
export function sendJson(
  response: ServerResponse,
  { status, body }: JsonReply,
  headers: Record<string, string> = {},
): void {
  const common = { 'content-type': 'application/json', vary: 'Origin', ...headers }
  if (body === undefined) {
    response.writeHead(status, common).end()
    return
  }
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { ...common, 'content-length': bytes.length }).end(bytes)
}

/** Writes an event stream as fast as the client reads it. */
export async function sendEvents(response: ServerResponse, reply: EventReply): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', vary: 'Origin' })
  response.flushHeaders()
  // The pipeline would notice the disconnect only at the next event.
  response.once('close', () => {
    if (!response.writableFinished) reply.onDisconnect?.()
  })
  await pipeline(Readable.from(reply.events), response).catch(() => response.destroy())
}
