/** A fake AgentOS: lists its components by itself and leaves every other request to the test. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FakeHandler, FakeOptions, FakeUpstream, ReceivedRequest } from './fake-upstream.ts'
import { answerJson, beginEvents, startFakeUpstream, wholeBody } from './fake-upstream.ts'
import { Queue } from './queue.ts'

/** What the fake says it serves. */
export interface Serves {
  /** Ids. */
  readonly agents?: readonly string[]
  readonly teams?: readonly string[]
  readonly workflows?: readonly string[]
  /** Members of `/config` and `/info` besides the lists. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly info?: Readonly<Record<string, unknown>>
}

/** One request on its way, under the test's control. The body is unread. */
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
  /** The next request that asks for no card or list. */
  next(): Promise<Exchange>
  /** Such requests that the test has not taken. */
  readonly waiting: number
}

/**
 * Listens until the test is over.
 *
 * @param handler answers what {@link FakeAgentOs.next} would otherwise give to the test
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

/** What the fake answers by itself; undefined for everything else. */
export function cardFor(serves: Serves, url: string): unknown {
  const { agents = [], teams = [], workflows = [], config = {}, info = {} } = serves
  const kinds: Record<string, readonly string[]> = { agents, teams, workflows }
  const [, first = '', id, rest] = url.split('/')
  if (first === 'config') return { ...config, ...cards(kinds) }
  if (first === 'info') return { agno_version: '3.1.10', auth_mode: 'none', ...info }
  const ids = kinds[first]
  if (ids === undefined || rest !== undefined) return undefined
  if (id === undefined) return ids.map(card)
  const name = decodeURIComponent(id)
  return ids.includes(name) ? card(name) : undefined
}

function cards(kinds: Record<string, readonly string[]>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(kinds).map(([kind, ids]) => [kind, ids.map(card)]))
}

function card(id: string) {
  return { id, name: `Name of ${id}`, description: 'fake', db_id: 'db' }
}
