import { Agent, request as httpRequest } from 'node:http'
import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { eventText } from '../support/fake-upstream.ts'
import { gatewayOf } from '../support/gateway.ts'

const STREAMS = 1_000
const EVENTS = 20

/** Reads a stream of numbered events; resolves with the number that arrived in order before a clean end. */
function countEvents(url: string, agent: Agent, stream: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const request = httpRequest(`${url}/agents/echo/runs?stream=${stream}`, { method: 'POST', agent })
  request.on('error', reject).on('response', (message) => {
    let text = ''
    let next = 0
    message.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        if (text.slice(0, end + 2) !== eventOf(stream, next)) reject(new Error(text.slice(0, end)))
        text = text.slice(end + 2)
        next++
      }
    })
    message.on('close', () => resolve(message.complete && text === '' ? next : -1))
  })
  request.end()
  return promise
}

function eventOf(stream: number, index: number): string {
  return eventText({ event: 'RunContent', run_id: `r-${stream}`, content: `${index}` })
}

test('a thousand open streams lose and reorder no event', { timeout: 60_000 }, async () => {
  const open: { write: (text: string) => void; end: () => void; stream: number }[] = []
  const allOpen = Promise.withResolvers<void>()
  const upstream = await startAgentOs({ agents: ['echo'] }, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    const stream = Number(new URLSearchParams(request.url.split('?')[1]).get('stream'))
    open.push({ write: (text) => response.write(text), end: () => response.end(), stream })
    if (open.length === STREAMS) allOpen.resolve()
  })
  const gateway = await gatewayOf({ a: upstream.url })
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY })
  const counting = Array.from({ length: STREAMS }, (_, stream) =>
    countEvents(gateway.url, agent, stream),
  )
  await allOpen.promise
  expect(gateway.app.openResponses.size).toBe(STREAMS)
  for (let index = 0; index < EVENTS; index++) {
    // Every second event is cut in two, which exercises the event boundaries.
    for (const { write, stream } of open) {
      const event = eventOf(stream, index)
      if (index % 2 === 0) write(event)
      else {
        write(event.slice(0, 30))
        write(event.slice(30))
      }
    }
    await new Promise(setImmediate)
  }
  for (const { end } of open) end()
  const counts = await Promise.all(counting)
  expect(counts.filter((count) => count === EVENTS)).toHaveLength(STREAMS)
  expect(counts.reduce((sum, count) => sum + count)).toBe(STREAMS * EVENTS)
  agent.destroy()
})
