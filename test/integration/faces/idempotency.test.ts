import { expect, test } from 'vitest'
import type { FakeAgentOs } from '../../support/agentos.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { chat, facesOf, HI } from '../../support/faces.ts'

const KEY = { 'idempotency-key': 'k-1' }

/** Answers the look-up of the stored run. */
async function storedRun(upstream: FakeAgentOs, status: string | undefined): Promise<string> {
  const exchange = await upstream.next()
  const run = { run_id: 'r-1', status, content: 'hi' }
  exchange.json(status === undefined ? { detail: 'Run not found' } : run, status ? 200 : 404)
  return exchange.request.url
}

test('the run id is derived from the idempotency key', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url, { auth: { mode: 'none' } })
  const answer = chat(gateway, {}, KEY)
  const url = await storedRun(upstream, undefined)
  const exchange = await upstream.next()
  const form = new URLSearchParams((await exchange.body()).toString())
  expect(url).toBe(`/agents/echo/runs/${form.get('run_id')}?session_id=${form.get('session_id')}`)
  exchange.events().end(HI)
  expect((await answer).status).toBe(200)
})

test.each([true, false])(
  'a finished run is replayed instead of repeated, stream %s',
  async (stream) => {
    const upstream = await startAgentOs()
    const gateway = await facesOf(upstream.url)
    const answer = chat(gateway, { stream }, KEY)
    await storedRun(upstream, 'COMPLETED')
    expect(await (await answer).whole()).toContain('"content":"hi"')
    expect(upstream.waiting).toBe(0)
  },
)

test('a repeated request during its run is answered 409', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = chat(gateway, {}, KEY)
  await storedRun(upstream, 'RUNNING')
  expect((await answer).headers['x-agentos-gateway-error']).toBe('AGW_RUN_IN_PROGRESS')
})
