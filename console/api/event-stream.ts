/** Reads server-sent events with `fetch`: `EventSource` can neither POST nor send a bearer token. */
import { createParser } from 'eventsource-parser'

export interface StreamEvent {
  readonly name: string
  readonly data: string
}

/**
 * Reads events until the stream ends.
 *
 * @param onBatch gets all events of one network read at once
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
    parser.feed(read.value)
    if (batch.length === 0) continue
    onBatch(batch)
    batch = []
  }
}
