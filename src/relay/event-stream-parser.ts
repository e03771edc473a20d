/** Parses the bytes of a `text/event-stream` into events, as browsers do. Does not interpret their data. */

import { LineReader } from '../sse/line-reader.ts'

/** One event of the stream with unparsed data. */
export interface ServerSentEvent {
  /** Value of the last `event` line; `message` by default. */
  readonly event: string
  /** Values of the `data` lines, joined by LF. */
  readonly data: string
  /** Value of the last `id` line of the stream so far; empty by default. */
  readonly id: string
  /** Reconnection time in milliseconds from the last `retry` line. */
  readonly retry: number | undefined
}

/**
 * Incremental parser: a chunk may end inside a line end or a character. Comments and blocks without data yield no event. An
 * event that the stream does not finish is dropped.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventStreamParser {
  readonly #lines = new LineReader()
  /** Pieces of an unfinished line. They are joined once, so the cost of a long line is linear. */
  #begun: Uint8Array[] = []
  #event = ''
  #data: string[] = []
  #id = ''
  #retry: number | undefined

  /** @returns the events that are complete, in order */
  push(chunk: Uint8Array): ServerSentEvent[] {
    const events: ServerSentEvent[] = []
    for (let at = this.#lines.begin(chunk); at < chunk.length; at = this.#lines.next) {
      this.#lines.read(at)
      this.#begun.push(chunk.subarray(at, this.#lines.contentEnd))
      if (!this.#lines.isEnded) continue
      const event = this.#line(Buffer.concat(this.#begun).toString('utf8'))
      this.#begun = []
      if (event !== undefined) events.push(event)
    }
    return events
  }

  #line(line: string): ServerSentEvent | undefined {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    if (colon === 0) return undefined
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#event = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && /^\d+$/.test(value)) this.#retry = Number(value)
    return undefined
  }

  #dispatch(): ServerSentEvent | undefined {
    const event = this.#event === '' ? 'message' : this.#event
    const data = this.#data
    this.#event = ''
    if (data.length === 0) return undefined
    this.#data = []
    return { event, data: data.join('\n'), id: this.#id, retry: this.#retry }
  }
}
