/** Sends the requests of one caller, and checks every answer. Each request has a unique id. */
import type { Agent, IncomingMessage } from 'node:http'
import { request as httpRequest } from 'node:http'
import { setTimeout } from 'node:timers/promises'

/** Options of a caller. */
export interface CallerOptions {
  /** Base URLs in turn: after a lost connection the caller uses the next one. */
  readonly urls: readonly string[]
  readonly agent: Agent
}

export interface Asked {
  readonly method?: string
  readonly path: string
  /** Fields of a urlencoded form. */
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
}

/** Thrown when an answer is wrong. */
export class WrongAnswer extends Error {
  /** HTTP status, or 0 when the connection broke. */
  readonly status: number
  /** Code from `x-agentos-gateway-error`, or the system's error code. */
  readonly code: string

  constructor(status: number, code: string, text: string) {
    super(`${status} ${code} ${text.slice(0, 200)}`)
    this.status = status
    this.code = code
  }
}

/** The course of an event stream. */
export interface Heard {
  readonly runId: string
  /** `event_index` of all events in order of arrival. */
  readonly indexes: number[]
  /** Names of all events in order of arrival. */
  readonly events: string[]
  /** Number of reconnects. */
  readonly resumed: number
}

export class Caller {
  readonly #options: CallerOptions
  #turn = 0
  /** Number of streams with at least one event. A fault before the first event may hit a run without a known id. */
  begun = 0
  /** Number of events received on all streams. */
  heard = 0

  constructor(options: CallerOptions) {
    this.#options = options
  }

  get url(): string {
    const { urls } = this.#options
    return urls[this.#turn % urls.length] as string
  }

  /** Sends the next request to the next gateway. */
  moveOn(): void {
    this.#turn++
  }

  /** Sends a request; resolves with the response head. */
  open({ method = 'GET', path, form, headers = {}, body }: Asked): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const bytes = form ? Buffer.from(new URLSearchParams({ ...form }).toString()) : body
    const type = form && { 'content-type': 'application/x-www-form-urlencoded' }
    const request = httpRequest(this.url + path, {
      method: bytes ? 'POST' : method,
      headers: { ...type, ...(bytes && { 'content-length': bytes.length }), ...headers },
      agent: this.#options.agent,
    })
    request.on('response', resolve).on('error', (error: NodeJS.ErrnoException) => {
      reject(new WrongAnswer(0, error.code ?? error.name, error.message))
    })
    request.end(bytes)
    return promise
  }

  /** Returns the text of a successful response. @throws {WrongAnswer} */
  async ask(asked: Asked): Promise<string> {
    const answer = await this.open(asked)
    let text = ''
    try {
      for await (const chunk of answer.setEncoding('utf8')) text += chunk
    } catch {
      throw new WrongAnswer(0, 'BROKEN', text)
    }
    if (answer.statusCode !== undefined && answer.statusCode < 300) return text
    const code = String(answer.headers['x-agentos-gateway-error'] ?? '')
    throw new WrongAnswer(answer.statusCode ?? 0, code, text)
  }

  /** Runs the agent to its end in one response. */
  async run(id: string, query = ''): Promise<void> {
    const text = await this.ask(runOf(id, { stream: 'false' }, query))
    if (!text.includes(id)) throw new WrongAnswer(200, 'OTHER', text)
  }

  /** Reads a foreground stream; returns the names of its events and how it ended. */
  async hear(
    id: string,
    query: string,
  ): Promise<{ readonly events: string[]; readonly end: string }> {
    const events: string[] = []
    try {
      const answer = await this.open(runOf(id, { stream: 'true' }, query))
      const code = answer.headers['x-agentos-gateway-error']
      if (code !== undefined) return { events, end: `${answer.statusCode} ${code}` }
      for await (const { event } of eventsOf(answer)) {
        events.push(String(event))
        this.#count(events.length)
      }
      return { events, end: 'whole' }
    } catch (error) {
      return { events, end: error instanceof WrongAnswer ? error.code : 'broken' }
    }
  }

  /** Reads a background stream to its end and resumes it after every lost connection. */
  async follow(id: string, query: string, most = 60): Promise<Heard> {
    const heard = { runId: '', indexes: [] as number[], events: [] as string[], resumed: 0 }
    let asked = runOf(id, { stream: 'true', background: 'true' }, query)
    for (;;) {
      await this.#listen(asked, heard)
      if (heard.events.at(-1) === 'RunCompleted') return heard
      if (heard.resumed++ >= most) throw new WrongAnswer(0, 'GIVEN_UP', heard.events.join())
      if (heard.runId === '') continue
      this.moveOn()
      await setTimeout(50)
      asked = {
        path: `/agents/echo/runs/${heard.runId}/resume`,
        form: {},
        headers: { 'last-event-id': `${heard.indexes.at(-1)}` },
        method: 'POST',
      }
    }
  }

  /** @param events received on this stream so far, including this one */
  #count(events: number): void {
    this.heard++
    if (events === 1) this.begun++
  }

  /** Reads until the stream ends in any way. Control events of the resume route are ignored. */
  async #listen(asked: Asked, heard: { runId: string } & Pick<Heard, 'indexes' | 'events'>) {
    try {
      for await (const event of eventsOf(await this.open(asked))) {
        if (event['event_index'] === undefined) continue
        heard.runId = String(event['run_id'])
        heard.events.push(String(event['event']))
        heard.indexes.push(Number(event['event_index']))
        this.#count(heard.events.length)
      }
    } catch {
      // The connection was lost; the caller resumes.
    }
  }
}

/** Returns whether every event of the run arrived once and in order. */
export function isWhole({ indexes }: Heard, events: number): boolean {
  return indexes.length === events + 2 && indexes.every((index, place) => index === place)
}

/** Builds the request for a run. @param query controls the run; see `agentos.ts` */
export function runOf(id: string, form: Readonly<Record<string, string>>, query = ''): Asked {
  return { path: `/agents/echo/runs?id=${id}${query}`, form: { message: id, ...form } }
}

/** Yields the events of a stream as they arrive, without comments. @throws when the connection breaks */
export async function* eventsOf(answer: IncomingMessage): AsyncIterable<Record<string, unknown>> {
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1]
      text = text.slice(end + 2)
      if (data !== undefined) yield JSON.parse(data) as Record<string, unknown>
    }
  }
  if (text !== '') throw new WrongAnswer(200, 'HALF', text)
}
