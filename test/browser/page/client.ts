/** A scripted client in the page that records every call with its result. */
import type { Ask, SeenEvent, Step } from './contract.ts'
import { requestOf, takeEvents } from './requests.ts'

export type Asking = Ask & { readonly query?: Readonly<Record<string, string | undefined>> }

export class Client {
  readonly steps: Step[] = []
  readonly #base: string

  constructor(base: string) {
    this.#base = base
  }

  /** @param query parameters whose value is undefined are left out */
  async call(method: string, path: string, { query = {}, ...request }: Asking = {}): Promise<Step> {
    const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] != null)
    const search = given.length > 0 ? `?${new URLSearchParams(given)}` : ''
    const response = await fetch(this.#base + path + search, requestOf({ ...request, method }))
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
    const body = isStream ? await eventsOf(response) : parsed(await response.text())
    const step = { call: `${method} ${path}`, status: response.status, body }
    this.steps.push(step)
    show(step)
    return step
  }

  /** Repeats the request until the predicate accepts the answer; records only the last one. */
  async poll(path: string, ask: Asking, isDone: (body: unknown) => boolean): Promise<Step> {
    for (;;) {
      const step = await this.call('GET', path, ask)
      if (isDone(step.body)) return step
      this.steps.pop()
      await later()
    }
  }
}

async function later(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 100))
}

async function eventsOf(response: Response): Promise<SeenEvent[]> {
  const events: SeenEvent[] = []
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of response.body ?? []) {
    rest = takeEvents(rest + decoder.decode(chunk, { stream: true }), (event) => events.push(event))
  }
  return events
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Adds one table row per call, for a person who looks at the page. */
function show({ call, status, body }: Step): void {
  const row = document.querySelector('tbody')?.insertRow()
  if (row === undefined) return
  const what = Array.isArray(body) ? `${body.length} entries` : JSON.stringify(body)
  for (const text of [call, String(status), what.slice(0, 100)]) row.insertCell().textContent = text
}
