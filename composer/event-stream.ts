/** Writes events to a caller in AgentOS's format, with backpressure. */
import { once } from 'node:events'
import type { FastifyReply } from 'fastify'
import type { ComposedEvent } from '../src/compose/member.ts'
import { PAUSED_OUTPUT } from '../src/compose/member-run.ts'

/** One event of a run. The output of a paused workflow, which is none, has its name in the frame alone, as in AgentOS. */
export function eventText(event: ComposedEvent): string {
  const { event: name, ...output } = event
  return `event: ${name}\ndata: ${JSON.stringify(name === PAUSED_OUTPUT ? output : event)}\n\n`
}

/**
 * Sends events until the last one or until the caller disconnects.
 *
 * @param make creates the events; its signal is aborted when the caller disconnects
 */
export async function sendEvents(
  reply: FastifyReply,
  make: (signal: AbortSignal) => AsyncIterable<string>,
): Promise<void> {
  const { raw } = reply
  const gone = new AbortController()
  onGone(raw, () => gone.abort())
  reply.hijack()
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  })
  raw.flushHeaders()
  for await (const text of make(gone.signal)) {
    if (gone.signal.aborted) break
    if (!raw.write(text)) await Promise.race([once(raw, 'drain'), once(raw, 'close')])
  }
  raw.end()
}

/** Calls back when the caller disconnects, or at once if that has happened: a handler may have waited for the store. */
export function onGone(raw: FastifyReply['raw'], callback: () => void): void {
  if (raw.destroyed) callback()
  else raw.once('close', callback)
}
