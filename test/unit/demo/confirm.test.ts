import { expect, test } from 'vitest'
import { allEvents, json, names, openDemo, post, said } from './support.ts'

/** Starts a run that pauses; returns its paused tool call and the URL that continues it. */
async function pausedRun(a: string): Promise<{ url: string; tool: Record<string, unknown> }> {
  const fields = { message: 'delete old.txt', stream: 'false', session_id: 'h1' }
  const run = await json(post(`${a}/agents/confirm/runs`, fields))
  const [tool] = run['tools'] as Record<string, unknown>[]
  return { url: `${a}/agents/confirm/runs/${run['run_id']}`, tool: tool ?? {} }
}

test('the confirm agent pauses with the tool call that needs confirmation', async () => {
  const { a } = await openDemo()
  const fields = { message: 'delete old.txt', session_id: 'h1' }
  const sent = await allEvents(post(`${a}/agents/confirm/runs`, fields))
  expect(names(sent)).toEqual([
    'RunStarted',
    'ModelRequestStarted',
    'ModelRequestCompleted',
    'RunContentCompleted',
    'RunPaused',
  ])
  expect(sent.at(-1)?.data).toMatchObject({
    content: 'I have tools to execute, but I need confirmation.',
    tools: [
      {
        tool_name: 'delete_file',
        tool_args: { path: 'old.txt' },
        requires_confirmation: true,
        confirmed: null,
      },
    ],
    requirements: [{ id: expect.any(String), tool_execution: { tool_name: 'delete_file' } }],
  })
})

test('a confirmed tool runs and the run completes in numbered events', async () => {
  const { a } = await openDemo()
  const { url, tool } = await pausedRun(a)
  const tools = JSON.stringify([{ ...tool, confirmed: true }])
  const sent = await allEvents(post(`${url}/continue`, { tools, session_id: 'h1' }))
  expect(names(sent)).toEqual([
    'RunContinued',
    'ToolCallStarted',
    'ToolCallCompleted',
    'ModelRequestStarted',
    'RunContent',
    'ModelRequestCompleted',
    'RunContentCompleted',
    'RunCompleted',
  ])
  expect(sent.map(({ data }) => data['event_index'])).toEqual(sent.map((_, index) => index))
  expect(sent[2]?.data['tool']).toMatchObject({ confirmed: true, result: 'deleted old.txt' })
  expect(said(sent)).toBe('Done: old.txt is deleted.')
})

test('a rejected tool does not run and the run still completes', async () => {
  const { a } = await openDemo()
  const { url, tool } = await pausedRun(a)
  const tools = JSON.stringify([{ ...tool, confirmed: false, confirmation_note: 'keep it' }])
  const run = await json(post(`${url}/continue`, { tools, stream: 'false', session_id: 'h1' }))
  expect(run).toMatchObject({
    status: 'COMPLETED',
    content: 'As you wish: old.txt stays.',
    tools: [{ confirmed: false, confirmation_note: 'keep it', result: null }],
  })
  expect(run['messages']).toMatchObject([
    { role: 'user' },
    { role: 'assistant', tool_calls: [{ function: { name: 'delete_file' } }] },
    { role: 'tool', content: 'keep it', tool_call_error: true },
    { role: 'assistant' },
  ])
})

test('a tools field that is not JSON answers 400', async () => {
  const { a } = await openDemo()
  const { url } = await pausedRun(a)
  const answer = await post(`${url}/continue`, { tools: '{nope', session_id: 'h1' })
  expect(answer.status).toBe(400)
  expect(await json(answer)).toEqual({ detail: 'Invalid JSON in tools field' })
})

test.each([
  ['no session', { tools: '[]' }, 400, 'session_id is required for this action'],
  ['another session', { tools: '[]', session_id: 'x' }, 404, /^No runs found for run ID /],
  ['no decision', { session_id: 'h1' }, 400, /^Run has unresolved HITL requirements/],
  ['a decision of the wrong shape', { tools: '{}', session_id: 'h1' }, 400, /^Invalid structure/],
])('continuing with %s answers the matching error', async (_, fields, status, detail) => {
  const { a } = await openDemo()
  const { url } = await pausedRun(a)
  const answer = await post(`${url}/continue`, { ...fields, stream: 'false' })
  expect(answer.status).toBe(status)
  expect((await json(answer))['detail']).toEqual(expect.stringMatching(detail))
})

test('a run that is not paused can not be continued', async () => {
  const { a } = await openDemo()
  const { url } = await pausedRun(a)
  const fields = { tools: '[]', stream: 'false', session_id: 'h1' }
  await post(`${url}/continue`, fields)
  expect((await post(`${url}/continue`, fields)).status).toBe(409)
})

test('an error of a streamed continue arrives as a RunError event', async () => {
  const { a } = await openDemo()
  const sent = await allEvents(
    post(`${a}/agents/confirm/runs/nope/continue`, { tools: '[]', session_id: 'h1' }),
  )
  expect(sent).toMatchObject([
    { event: 'RunError', data: { content: 'No runs found for run ID nope' } },
  ])
})
