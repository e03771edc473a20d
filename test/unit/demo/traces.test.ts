import { expect, test } from 'vitest'
import { json, openDemo, post } from './support.ts'

test("a team's trace has a span for each member and model request", async () => {
  const { b } = await openDemo()
  const run = await json(post(`${b}/teams/duo/runs`, { message: 'rain', stream: 'false' }))
  const found = await json(fetch(`${b}/traces?run_id=${run['run_id']}`))
  expect(found['meta']).toMatchObject({ total_count: 1 })
  const [trace] = found['data'] as Record<string, unknown>[]
  expect(trace).toMatchObject({
    name: 'Duo.arun',
    status: 'OK',
    total_spans: 6,
    input: 'rain',
    team_id: 'duo',
    duration: expect.stringMatching(/^[\d.]+m?s$/),
  })
  const detail = await json(fetch(`${b}/traces/${trace?.['trace_id']}`))
  expect(detail['tree']).toMatchObject([
    {
      type: 'TEAM',
      spans: [
        { type: 'AGENT', name: 'Poet.arun', spans: [{ type: 'LLM' }] },
        { type: 'AGENT', name: 'Critic.arun' },
        { type: 'LLM' },
      ],
    },
  ])
})

test('traces are filtered by component and unknown ones are not found', async () => {
  const { a } = await openDemo()
  await post(`${a}/agents/echo/runs`, { message: 'x', stream: 'false', session_id: 's' })
  await post(`${a}/agents/desk/runs`, { message: 'y', stream: 'false', session_id: 't' })
  expect(await json(fetch(`${a}/traces?agent_id=desk`))).toMatchObject({
    data: [{ agent_id: 'desk', total_spans: 3 }],
  })
  expect(await json(fetch(`${a}/trace_session_stats`))).toMatchObject({
    data: [{ total_traces: 1 }, { total_traces: 1 }],
  })
  expect((await fetch(`${a}/traces/nope`)).status).toBe(404)
})
