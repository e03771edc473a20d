import { expect, test } from 'vitest'
import { allEvents, events, json, openDemo, post, rest } from './support.ts'

/** Delays so long that no word is sent during a test. */
const NEVER = { slowWordDelayMs: 60_000 }

test('a cancelled run ends its stream with RunCancelled', async () => {
  const { a } = await openDemo(NEVER)
  const stream = events(await post(`${a}/agents/slow/runs`, { message: 'go', session_id: 's1' }))
  const started = (await stream.next()).value
  const runId = started?.data.run_id
  const cancelled = await fetch(`${a}/agents/slow/runs/${runId}/cancel`, { method: 'POST' })
  expect(cancelled.status).toBe(200)
  expect(await cancelled.text()).toBe('{}')
  const sent = await rest(stream)
  expect(sent.at(-1)).toMatchObject({
    event: 'RunCancelled',
    data: { run_id: runId, reason: `Run ${runId} was cancelled` },
  })
})

test('cancelling an unknown run answers 200', async () => {
  const { a } = await openDemo()
  const answer = await fetch(`${a}/agents/slow/runs/nope/cancel`, { method: 'POST' })
  expect(answer.status).toBe(200)
  expect(await answer.text()).toBe('{}')
})

test('a client that disconnects from a foreground stream cancels the run', async () => {
  const { a } = await openDemo(NEVER)
  const client = new AbortController()
  const fields = { message: 'go', session_id: 's1' }
  const answer = await post(`${a}/agents/slow/runs`, fields, { signal: client.signal })
  const started = (await events(answer).next()).value
  client.abort()
  const url = `${a}/agents/slow/runs/${started?.data.run_id}?session_id=s1`
  await expect
    .poll(async () => (await json(fetch(url)))['status'], { interval: 5 })
    .toBe('CANCELLED')
})

test('a background run continues after its client disconnects', async () => {
  const { a } = await openDemo({ slowWordDelayMs: 1 })
  const client = new AbortController()
  const fields = { message: 'count to 50', session_id: 's1', background: 'true' }
  const answer = await post(`${a}/agents/slow/runs`, fields, { signal: client.signal })
  const started = (await events(answer).next()).value
  client.abort()
  const url = `${a}/agents/slow/runs/${started?.data.run_id}`
  const sent = await allEvents(post(`${url}/resume`, { last_event_index: '0' }))
  expect(sent.at(-1)?.event).toBe('RunCompleted')
  expect(await json(fetch(`${url}?session_id=s1`))).toMatchObject({ status: 'COMPLETED' })
})

test('a cancelled workflow sends WorkflowCancelled and keeps its current step', async () => {
  const { b } = await openDemo({ wordDelayMs: 60_000 })
  const fields = { message: 'rain', session_id: 'w1' }
  const stream = events(await post(`${b}/workflows/pipeline/runs`, fields))
  const started = (await stream.next()).value
  const url = `${b}/workflows/pipeline/runs/${started?.data.run_id}`
  await fetch(`${url}/cancel`, { method: 'POST' })
  const sent = await rest(stream)
  expect(sent.at(-1)?.event).toBe('WorkflowCancelled')
  expect(await json(fetch(`${url}?session_id=w1`))).toMatchObject({
    status: 'CANCELLED',
    step_executor_runs: [{ agent_id: 'poet', status: 'CANCELLED' }],
  })
})
