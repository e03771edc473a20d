/** Reads some events of a stream while its bytes pass: the first event, and those whose name has one of some endings. */
import { eventsIn } from '../sse/events.ts'
import type { ResponseHead } from '../upstream/exchange.ts'
import { headerOf } from '../upstream/header-of.ts'
import { EventBoundary } from './event-boundary.ts'
import { isEventStreamType } from './response-headers.ts'

/** Longest event that is read, in bytes. */
export const MAX_EVENT_BYTES = 1024 * 1024

export type StreamEvent = Readonly<Record<string, unknown>>

export class StreamReader {
  readonly #boundary = new EventBoundary(MAX_EVENT_BYTES)
  readonly #needles: readonly Buffer[]
  readonly #onEvent: (event: StreamEvent) => void
  #isFirst = true

  private constructor(needles: readonly Buffer[], onEvent: (event: StreamEvent) => void) {
    this.#needles = needles
    this.#onEvent = onEvent
  }

  /**
   * @param needles texts of which each event that is read has one
   * @returns undefined for a response that is no event stream
   */
  static for(
    head: ResponseHead,
    needles: readonly Buffer[],
    onEvent: (event: StreamEvent) => void,
  ): StreamReader | undefined {
    const isStream = isEventStreamType(headerOf(head, 'content-type') ?? '')
    return isStream && head.status < 300 ? new StreamReader(needles, onEvent) : undefined
  }

  push(chunk: Buffer): void {
    const events = this.#boundary.push(chunk)
    if (events) this.#read(events)
  }

  /** Reads an event that its stream does not end with a blank line. */
  end(): void {
    const rest = this.#boundary.rest()
    if (rest) this.#read(rest)
  }

  #read(bytes: Buffer): void {
    if (!this.#isFirst && !includesAny(bytes, this.#needles)) return
    for (const { data } of eventsIn(bytes)) {
      const isRead = data && (this.#isFirst || includesAny(data, this.#needles))
      const event = isRead ? objectIn(data) : undefined
      if (event === undefined) continue
      this.#isFirst = false
      this.#onEvent(event)
    }
  }
}

export function includesAny(bytes: Buffer, needles: readonly Buffer[]): boolean {
  return needles.some((needle) => bytes.includes(needle))
}

/** The JSON object in the bytes; undefined for anything else. */
export function objectIn(bytes: Buffer): StreamEvent | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as StreamEvent) : undefined
  } catch {
    return undefined
  }
}
