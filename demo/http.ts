/** What a demo route can answer, and how it gets onto a `node:http` response the way AgentOS writes it. */
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

/** An answer that is not a success: becomes `{"detail": …}` with this status. */
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

/** A JSON answer; without `body` only the status and headers are sent (204). */
export interface JsonReply {
  status: number
  body?: unknown
}

/** A server-sent event stream; `onDisconnect` is called once if the client leaves before its end. */
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
  // Not left to the pipeline: it only fails once the events' generator has come to its next event.
  response.once('close', () => {
    if (!response.writableFinished) reply.onDisconnect?.()
  })
  await pipeline(Readable.from(reply.events), response).catch(() => response.destroy())
}
