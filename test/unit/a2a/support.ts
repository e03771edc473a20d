/** Messages recorded from real A2A servers, and the component that the tests assign them to. */
import { readFileSync } from 'node:fs'
import type { ComponentKind } from '../../../config/types.ts'
import type { A2aComponent } from '../../../src/a2a/target.ts'
import { TaskEvents } from '../../../src/a2a/task-events.ts'
import type { Result } from '../../../src/a2a/wire.ts'
import { envelopeIn } from '../../../src/a2a/wire.ts'
import { Ticker } from '../../../src/upstream/ticker.ts'
import { Upstream } from '../../../src/upstream/upstream.ts'
import { configOf } from '../config/support.ts'

/** Names of the recordings in `test/fixtures/a2a`. */
export const SERVERS = ['google-adk-2.13.0', 'agno-2.9.0', 'agno-3.1.10'] as const
/** The recordings of Agno, which hold the same requests. */
export const AGNO = ['agno-2.9.0', 'agno-3.1.10'] as const

interface Recorded {
  readonly status: number
  readonly body?: unknown
  readonly events?: readonly unknown[]
}

export type Event = Record<string, unknown>

/** Returns one recorded answer. */
export function recorded(server: string, request: string): Recorded {
  const file = new URL(`../../fixtures/a2a/${server}.json`, import.meta.url)
  const answers = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Recorded>
  const answer = answers[request]
  if (answer === undefined) throw new Error(`${server} has no record of ${request}`)
  return answer
}

/** Returns the result of a JSON-RPC answer. */
export function resultOf(envelope: unknown): Result {
  const parsed = envelopeIn(JSON.stringify(envelope))
  if (parsed === undefined || 'error' in parsed) throw new Error('no result')
  return parsed.result
}

/** Returns a target whose upstream is never contacted. */
export function targetOf(kind: ComponentKind = 'agents', id = 'facts'): A2aComponent {
  const [config] = configOf({
    upstreams: [{ name: 'adk', url: 'http://adk', protocol: 'a2a' }],
  }).upstreams
  if (config === undefined) throw new Error('no upstream')
  const upstream = new Upstream(config, new Ticker())
  return { kind, id, name: `Name of ${id}`, upstream, timeoutMs: 1_000 }
}

/** Translates a stream of results and returns the events as a caller parses them. */
export function eventsOf(results: readonly unknown[], target = targetOf()): Event[] {
  const events = new TaskEvents(target, {})
  const text = results.map((result) => events.push(result as Result)).join('')
  return parseEvents(text + (events.end() ?? ''))
}

/** Translates a recorded stream and returns its events. */
export function recordedEvents(server: string, request: string, target = targetOf()): Event[] {
  return eventsOf((recorded(server, request).events ?? []).map(resultOf), target)
}

/** Parses events, and fails when an event's name differs from that in its data. */
export function parseEvents(text: string): Event[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const [, name, data] = /^event: (.+)\ndata: (.+)$/.exec(block) ?? []
      const event = JSON.parse(data ?? 'null') as Event
      if (event['event'] !== name) throw new Error(`${name} holds ${data}`)
      return event
    })
}

/** Returns the event names in order, with the text of content events. */
export function outline(events: readonly Event[]): string[] {
  return events.map(({ event, content }) =>
    content === undefined || content === '' ? String(event) : `${event}: ${content}`,
  )
}
