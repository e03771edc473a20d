/** Reads server-sent events with `fetch`: `EventSource` can neither POST nor send a bearer token. */
import { createParser } from 'eventsource-parser'
import { Pacer } from '../state/pacer.ts'

export interface StreamEvent {
  readonly name: string
  readonly data: string
}

/** Longest text that is parsed at once, in characters. */
const PIECE = 16_384

/**
 * Reads events until the stream ends.
 *
 * @param onBatch gets the events of one piece of text at once
 * @throws when the connection breaks before its end
 */
export async function readEvents(
  response: Response,
  onBatch: (events: readonly StreamEvent[]) => void,
): Promise<void> {
  let batch: StreamEvent[] = []
  const parser = createParser({
    onEvent: ({ event, data }) => batch.push({ name: event ?? 'message', data }),
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const read = await reader?.read()
    if (read === undefined || read.done) return
    // Thousands of events can arrive in one read.
    const pacer = new Pacer()
    for (let start = 0; start < read.value.length; start += PIECE) {
      parser.feed(read.value.slice(start, start + PIECE))
      if (batch.length === 0) continue
      onBatch(batch)
      batch = []
      await pacer.rest()
    }
  }
}
