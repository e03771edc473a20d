/** Starts a demo for one test and reads its responses. */
import { onTestFinished } from 'vitest'
import { type DemoOptions, startDemo } from '../../../demo/index.ts'

/** One server-sent event, parsed. */
export interface SentEvent {
  event: string
  data: Record<string, unknown>
}

/** Starts a demo without delays between words; returns the base URLs of `demo-a` and `demo-b`. */
export async function openDemo(options: DemoOptions = {}): Promise<{ a: string; b: string }> {
  const demo = await startDemo({ wordDelayMs: 0, slowWordDelayMs: 0, ...options })
  onTestFinished(() => demo.close())
  const [a, b] = demo.upstreams
  return { a: a?.url ?? '', b: b?.url ?? '' }
}

/** Posts a urlencoded form. */
export function post(
  url: string,
  fields: Record<string, string> = {},
  init: RequestInit = {},
): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(fields), ...init })
}

/** Sends a JSON body. */
export function send(method: string, url: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(url, { method, headers, body: JSON.stringify(body) })
}

/** Returns the JSON object of a response. */
export async function json(answer: Response | Promise<Response>): Promise<Record<string, unknown>> {
  return (await (await answer).json()) as Record<string, unknown>
}

/** Returns the JSON array of a response. */
export async function list(
  answer: Response | Promise<Response>,
): Promise<Record<string, unknown>[]> {
  return (await (await answer).json()) as Record<string, unknown>[]
}

/** Yields the events of a response as they arrive. */
export async function* events(answer: Response): AsyncGenerator<SentEvent> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? []
      yield { event, data: JSON.parse(data) }
    }
  }
}

/** Returns the remaining events of a stream that ends by itself. */
export async function rest(stream: AsyncGenerator<SentEvent>): Promise<SentEvent[]> {
  const sent: SentEvent[] = []
  for await (const event of stream) sent.push(event)
  return sent
}

/** Returns all events of a stream that ends by itself. */
export async function allEvents(answer: Response | Promise<Response>): Promise<SentEvent[]> {
  return rest(events(await answer))
}

/** Returns the event names without consecutive repeats. */
export function names(sent: SentEvent[]): string[] {
  return sent.map(({ event }) => event).filter((name, index, all) => name !== all[index - 1])
}

/** Returns the text of all content events, joined. */
export function said(sent: SentEvent[]): string {
  return sent
    .filter(({ event }) => event.endsWith('RunContent'))
    .map(({ data }) => data['content'])
    .join('')
}
