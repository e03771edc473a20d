/** Tests that background runs are charged: when a caller reads them, and when no caller does. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { answerJson, beginEvents, eventText, wholeBody } from '../../support/fake-upstream.ts'
import { gatewayOf } from '../../support/gateway.ts'

const BUDGET = { name: 'all-month', by: 'all', tokens: 100, window: 'month' }
const PENDING = { run_id: 'r-1', session_id: 's 1', status: 'PENDING' }
const REQUEST = { event: 'ModelRequestCompleted', run_id: 'r-1', input_tokens: 30, event_index: 1 }
const EVENTS =
  eventText({ event: 'RunStarted', run_id: 'r-1', event_index: 0 }) + eventText(REQUEST)

/** Starts a gateway before an agent whose background run has a status that the test sets. */
async function background() {
  const script = { status: 'RUNNING', reads: [] as string[] }
  const upstream = await startAgentOs({ agents: ['echo'] }, async (request, response, message) => {
    const body = String(await wholeBody(request, message))
    if (request.method === 'GET') {
      script.reads.push(request.url)
      const metrics = { input_tokens: 40 }
      return answerJson(response, { run_id: 'r-1', status: script.status, metrics })
    }
    if (!body.includes('stream=true') && !request.url.endsWith('/resume')) {
      return answerJson(response, PENDING, 202)
    }
    beginEvents(response)
    response.write(EVENTS)
    if (request.url.endsWith('/resume')) response.end()
  })
  const gateway = await gatewayOf({ a: upstream.url }, { budgets: [BUDGET] })
  const used = async () => {
    const { data } = (await (await send(`${gateway.url}/gateway/budgets`)).json()) as {
      data: { used: { tokens: number } }[]
    }
    return data[0]?.used.tokens ?? 0
  }
  return { script, used, at: (path: string) => gateway.url + path }
}

test('a background run is charged once when a caller reads it', async () => {
  const { script, used, at } = await background()
  const first = await run(at('/agents/echo/runs'), 'message=1&background=true')
  await first.whole()
  for (const status of ['RUNNING', 'COMPLETED', 'COMPLETED']) {
    script.status = status
    const read = await send(at('/agents/echo/runs/r-1'))
    await read.whole()
  }
  expect(await used()).toBe(40)
})

test.each(['/agents/echo/runs', '/upstreams/a/agents/echo/runs'])(
  'the gateway reads a background run of %s by itself',
  async (path) => {
    const { script, used, at } = await background()
    const first = await run(at(path), 'message=1&background=true')
    await first.whole()
    script.status = 'COMPLETED'
    await expect.poll(used).toBe(40)
    expect(script.reads).toEqual(['/agents/echo/runs/r-1?session_id=s%201'])
  },
)

test('events of a background run that are resumed twice count once', async () => {
  const { used, at } = await background()
  const first = await run(at('/agents/echo/runs'), 'message=1&background=true&stream=true')
  await first.until('ModelRequestCompleted')
  first.abort()
  for (let i = 0; i < 2; i++) {
    const resumed = await run(at('/agents/echo/runs/r-1/resume'), 'last_event_index=0')
    await resumed.whole()
  }
  // The gateway may have read the whole run meanwhile.
  expect([30, 40]).toContain(await used())
})
