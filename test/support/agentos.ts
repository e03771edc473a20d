/** A fake AgentOS: it lists its components and leaves every other request to the test. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FakeHandler, FakeOptions, FakeUpstream, ReceivedRequest } from './fake-upstream.ts'
import { answerJson, beginEvents, startFakeUpstream, wholeBody } from './fake-upstream.ts'
import { Queue } from './queue.ts'

/** The components that the fake lists. */
export interface Serves {
  /** Component ids. */
  readonly agents?: readonly string[]
  readonly teams?: readonly string[]
  readonly workflows?: readonly string[]
  /** Database of every component; null for none. Default `db`. */
  readonly database?: string | null
  /** Additional members of `/config` and `/info`. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly info?: Readonly<Record<string, unknown>>
}

/** One open request under the test's control, with its body unread. */
export interface Exchange {
  readonly request: ReceivedRequest
  readonly response: ServerResponse
  readonly message: IncomingMessage
  /** Reads the body to its end. */
  body(): Promise<Buffer>
  /** Answers with JSON. */
  json(body: unknown, status?: number): void
  /** Begins an event stream. */
  events(): ServerResponse
}

export interface FakeAgentOs extends FakeUpstream {
  /** Returns the next request that is neither for a card nor for a list. */
  next(): Promise<Exchange>
  /** Number of such requests that the test has not read. */
  readonly waiting: number
}

/**
 * Listens until the test ends.
 *
 * @param handler answers the requests that {@link FakeAgentOs.next} would otherwise return
 */
export async function startAgentOs(
  serves: Serves = { agents: ['echo'] },
  handler?: FakeHandler,
  options: Pick<FakeOptions, 'port'> = {},
): Promise<FakeAgentOs> {
  const queue = new Queue<Exchange>()
  const fallback: FakeHandler =
    handler ??
    ((request, response, message) => queue.push(exchange({ request, response, message })))
  const upstream = await startFakeUpstream(
    (request, response, message) => {
      const card = request.method === 'GET' ? cardFor(serves, request.url) : undefined
      if (card === undefined) return fallback(request, response, message)
      answerJson(response, card)
    },
    { readsBody: false, ...options },
  )
  return Object.assign(upstream, {
    next: () => queue.next(),
    get waiting() {
      return queue.size
    },
  })
}

/** Puts one request under the control of a test. */
export function exchange(parts: Pick<Exchange, 'request' | 'response' | 'message'>): Exchange {
  const { request, response, message } = parts
  return {
    ...parts,
    body: () => wholeBody(request, message),
    json: (body, status) => answerJson(response, body, status),
    events: () => {
      beginEvents(response)
      return response
    },
  }
}

/** Returns the fake's own answer; undefined for requests that the test answers. */
export function cardFor(serves: Serves, url: string): unknown {
  const { agents = [], teams = [], workflows = [], config = {}, info = {} } = serves
  const card = (id: string) => cardOf(id, serves.database)
  const kinds: Record<string, readonly string[]> = { agents, teams, workflows }
  const [, first = '', id, rest] = url.split('/')
  // A test that lasts longer than the interval of health checks would meet them.
  if (url === '/health') return { status: 'ok' }
  if (first === 'config') return { ...config, ...cards(kinds, card) }
  if (first === 'info') return { agno_version: '3.1.10', auth_mode: 'none', ...info }
  const ids = kinds[first]
  if (ids === undefined || rest !== undefined) return undefined
  if (id === undefined) return ids.map(card)
  const name = decodeURIComponent(id)
  return ids.includes(name) ? card(name) : undefined
}

function cards(
  kinds: Record<string, readonly string[]>,
  card: (id: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(kinds).map(([kind, ids]) => [kind, ids.map(card)]))
}

function cardOf(id: string, database: string | null = 'db') {
  const about = { id, name: `Name of ${id}`, description: 'fake' }
  return database === null ? about : { ...about, db_id: database }
}
