import { Agent, request as httpRequest } from 'node:http'
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { facesOf } from '../../support/faces.ts'
import { eventText, wholeBody } from '../../support/fake-upstream.ts'

type RunEvent = { event: string; content: string }

const STREAMS = 1_000
const WORDS = 5

/** Asks for one completion; resolves with the text that its stream held. */
function completionOf(url: string, agent: Agent, stream: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const request = httpRequest(`${url}/v1/chat/completions`, { method: 'POST', agent })
  request.on('error', reject).on('response', (message) => {
    let text = ''
    message.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    message.on('close', () => {
      const words = [...text.matchAll(/"content":"([^"]+)"/g)].map(([, word]) => word)
      resolve(message.complete && text.endsWith('data: [DONE]\n\n') ? words.join('') : text)
    })
  })
  const messages = [{ role: 'user', content: `${stream}` }]
  request.end(JSON.stringify({ model: 'agent/echo', stream: true, messages }))
  return promise
}

test('a thousand open completions receive their own text', { timeout: 60_000 }, async () => {
  const open: { write: (event: RunEvent) => void; end: () => void; stream: string }[] = []
  const allOpen = Promise.withResolvers<void>()
  const upstream = await startAgentOs({ agents: ['echo'] }, async (request, response, message) => {
    const form = new URLSearchParams((await wholeBody(request, message)).toString())
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    const stream = String(form.get('message'))
    const write = (event: RunEvent) =>
      response.write(eventText({ run_id: `r-${stream}`, ...event }))
    open.push({ write, end: () => response.end(), stream })
    if (open.length === STREAMS) allOpen.resolve()
  })
  const gateway = await facesOf(upstream.url)
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY })
  const asking = Array.from({ length: STREAMS }, (_, stream) =>
    completionOf(gateway.url, agent, stream),
  )
  await allOpen.promise
  for (let word = 0; word < WORDS; word++) {
    for (const { write, stream } of open)
      write({ event: 'RunContent', content: `${stream}-${word} ` })
  }
  for (const { write, end } of open) {
    write({ event: 'RunCompleted', content: '' })
    end()
  }
  const texts = await Promise.all(asking)
  const wanted = (stream: number) =>
    Array.from({ length: WORDS }, (_, word) => `${stream}-${word} `).join('')
  expect(texts).toEqual(texts.map((_, stream) => wanted(stream)))
  agent.destroy()
})
