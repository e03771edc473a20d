/** Reads the events of a run in a frame of the workflow WebSocket: whole server-sent events, or the JSON of one. */
import { OPEN_OBJECT } from '../json/punctuation.ts'
import type { StreamEvent } from '../relay/stream-reader.ts'
import { MAX_EVENT_BYTES, objectIn } from '../relay/stream-reader.ts'
import { eventsIn } from '../sse/events.ts'

/** @returns none for a frame above 1 MiB */
export function eventsInFrame(frame: Buffer): StreamEvent[] {
  if (frame.length > MAX_EVENT_BYTES) return []
  const isJson = frame[0] === OPEN_OBJECT
  const parts = isJson ? [frame] : [...eventsIn(frame)].flatMap(({ data }) => data ?? [])
  return parts.map(objectIn).filter((event) => event !== undefined)
}
