/** Builds the events of a background run with AgentOS's numbering and replay events. */
import type { ServerResponse } from 'node:http'
import { eventText } from './fake-upstream.ts'

export const RUN = 'r-1'
export const SESSION = 's-1'

/** Event number `index` of the run. */
export function numbered(index: number, event = 'RunContent'): string {
  const content = `part ${index}`
  return eventText({ event, run_id: RUN, session_id: SESSION, content, event_index: index })
}

/** Events `from` to `to`, both included. */
export function events(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, n) => numbered(from + n)).join('')
}

export const catchUp = eventText({ event: 'catch_up', run_id: RUN, status: 'running' })
export const subscribed = eventText({ event: 'subscribed', run_id: RUN, status: 'running' })
export const replay = eventText({
  event: 'replay',
  run_id: RUN,
  total_events: 1,
  total_buffered: 9,
})
export const storedReplay = eventText({ event: 'replay', run_id: RUN, total_events: 2 })
export const notFound = eventText({ event: 'error', error: `Run ${RUN} not found` })

/** Destroys the connection after the written bytes have been flushed. */
export function breakOff(response: ServerResponse): void {
  response.write('', () => response.destroy())
}
