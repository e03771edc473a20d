/** Reads the bytes of a `text/event-stream` into events, as browsers do. */

/** One dispatched event of the stream, before its data is looked into. */
export interface ServerSentEvent {
  /** Value of the last `event` line; `message` without one. */
  readonly event: string
  /** The `data` lines, joined by line feeds. */
  readonly data: string
  /** Value of the last `id` line of the stream so far; empty without one. */
  readonly id: string
  /** Reconnection time in milliseconds, if the stream has set one. */
  readonly retry: number | undefined
}

/**
 * Incremental parser: chunks may end anywhere, even between the two bytes of a line end or inside a character.
 * Comments (heartbeats) and blocks without data yield nothing; an event that the stream breaks off in is dropped.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventStreamParser {
  /** Takes a byte order mark off the beginning. */
  readonly #decoder = new TextDecoder()
  /** Pieces of a line whose end has not come; joined once it has, so that a long line costs no more than its length. */
  #rest: string[] = []
  #hasPendingLineFeed = false
  #event = ''
  #data: string[] = []
  #id = ''
  #retry: number | undefined

  /** @returns the events that are complete now, in order */
  push(chunk: Uint8Array): ServerSentEvent[] {
    let text = this.#decoder.decode(chunk, { stream: true })
    // The carriage return before this line feed has ended its line already.
    if (this.#hasPendingLineFeed && text.length > 0) {
      this.#hasPendingLineFeed = false
      if (text.startsWith('\n')) text = text.slice(1)
    }
    return this.#lines(text)
  }

  #lines(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = []
    let start = 0
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code !== 10 && code !== 13) continue
      const event = this.#line(this.#begun() + text.slice(start, i))
      if (event !== undefined) events.push(event)
      if (code === 13) {
        if (i + 1 === text.length) this.#hasPendingLineFeed = true
        else if (text.charCodeAt(i + 1) === 10) i++
      }
      start = i + 1
    }
    if (start < text.length) this.#rest.push(text.slice(start))
    return events
  }

  /** What has come of the line before this chunk. */
  #begun(): string {
    if (this.#rest.length === 0) return ''
    const begun = this.#rest.join('')
    this.#rest = []
    return begun
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
