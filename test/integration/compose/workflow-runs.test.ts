/** Tests composed workflows through the gateway: run, follow, cancel and list, as with any AgentOS. */
import { expect, test } from 'vitest'
import type { ComposingGateway } from '../../support/composer.ts'
import { startComposing } from '../../support/composer.ts'
import { eventsIn } from '../../support/events.ts'
import type { Scripted } from '../../unit/compose/scripted.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

type Dict = Record<string, unknown>

const WORKFLOWS = [
  {
    id: 'article',
    name: 'Article',
    steps: [
      { name: 'facts', agent: 'echo' },
      {
        name: 'views',
        parallel: [
          { name: 'pro', agent: 'one/echo-a' },
          { name: 'con', agent: 'echo-b' },
        ],
      },
    ],
  },
  { id: 'slow', steps: [{ name: 'wait', agent: 'hang' }] },
]

async function start(): Promise<{ gateway: ComposingGateway; scripted: Scripted }> {
  const scripted = await startScripted()
  const gateway = await startComposing({
    upstreams: [{ name: 'one', url: scripted.upstream.url }],
    ...{ workflows: WORKFLOWS },
  })
  return { gateway, scripted }
}

function form(fields: Record<string, string>): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields) }
}

async function json(url: string, init?: RequestInit): Promise<Dict> {
  const response = await fetch(url, init)
  return (await response.json()) as Dict
}

test('a composed workflow is listed and runs with and without streaming', async () => {
  const { gateway, scripted } = await start()
  const list = (await json(`${gateway.url}/workflows`)) as unknown as Dict[]
  expect(list.map(({ id }) => id)).toEqual(['article', 'slow'])
  const card = await json(`${gateway.url}/workflows/article`)
  expect(card).toMatchObject({
    id: 'article',
    name: 'Article',
    steps: [
      { name: 'facts', type: 'Step', agent: { id: 'echo' } },
      { name: 'views', type: 'Parallel', steps: [{ name: 'pro' }, { name: 'con' }] },
    ],
  })
  const runs = `${gateway.url}/workflows/article/runs`
  const whole = await json(runs, form({ message: 'x', stream: 'false', session_id: 's' }))
  expect(whole).toMatchObject({ status: 'COMPLETED', session_id: 's', workflow_id: 'article' })
  expect(whole['content']).toBe('=== pro ===\necho-a(echo(x))\n\n=== con ===\necho-b(echo(x))')
  const streamed = await fetch(runs, form({ message: 'y', session_id: 's', user_id: 'u' }))
  expect(streamed.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  const events = eventsIn(await streamed.text())
  expect(events[0]).toMatchObject({ event: 'WorkflowStarted', workflow_id: 'article' })
  expect(events.at(-1)).toMatchObject({ event: 'WorkflowCompleted' })
  expect(scripted.runs).toHaveLength(6)
  expect(scripted.runs[0]).toMatchObject({ session_id: 's.echo' })
})

test('sessions of composed workflows can be read, renamed and deleted', async () => {
  const { gateway } = await start()
  const at = (path: string) => `${gateway.url}${path}`
  const run = await json(
    at('/workflows/article/runs'),
    form({ message: 'hello', stream: 'false', session_id: 's', session_state: '{"a":1}' }),
  )
  const list = await json(at('/sessions?type=workflow&db_id=composer'))
  expect(list).toMatchObject({
    data: [
      {
        session_id: 's',
        session_name: 'hello',
        session_type: 'workflow',
        workflow_id: 'article',
        session_state: { a: 1 },
        total_tokens: 39,
      },
    ],
    meta: { total_count: 1 },
  })
  const runs = (await json(
    at('/sessions/s/runs?type=workflow&db_id=composer'),
  )) as unknown as Dict[]
  expect(runs).toMatchObject([{ run_id: run['run_id'], run_input: 'hello', status: 'COMPLETED' }])
  const stored = await json(at(`/workflows/article/runs/${run['run_id']}?session_id=s`))
  expect(stored).toMatchObject({ content: run['content'], input: 'hello' })
  const rename = {
    method: 'POST',
    body: '{"session_name":"Moon"}',
    headers: { 'content-type': 'application/json' },
  }
  await fetch(at('/sessions/s/rename?type=workflow&db_id=composer'), rename)
  expect(await json(at('/sessions/s?type=workflow&db_id=composer'))).toMatchObject({
    session_name: 'Moon',
  })
  const gone = await fetch(at('/sessions/s?db_id=composer'), { method: 'DELETE' })
  expect(gone.status).toBe(204)
  expect((await fetch(at('/sessions/s?type=workflow&db_id=composer'))).status).toBe(404)
})

test('a cancelled run cancels its member and does not complete', async () => {
  const { gateway, scripted } = await start()
  const runs = `${gateway.url}/workflows/slow/runs`
  const response = await fetch(runs, form({ message: 'x', run_id: 'r' }))
  await expect.poll(() => scripted.runs).toHaveLength(1)
  expect((await fetch(`${runs}/r/cancel`, { method: 'POST' })).status).toBe(200)
  const events = eventsIn(await response.text()).map(({ event }) => event)
  expect(events.slice(-2)).toEqual(['RunCancelled', 'WorkflowCancelled'])
  await expect.poll(() => scripted.cancelled).toEqual([scripted.runs[0]?.['run_id']])
})

test('a caller that disconnects cancels the member', async () => {
  const { gateway, scripted } = await start()
  const leave = new AbortController()
  const runs = `${gateway.url}/workflows/slow/runs`
  await fetch(runs, { ...form({ message: 'x' }), signal: leave.signal })
  await expect.poll(() => scripted.runs).toHaveLength(1)
  leave.abort()
  await expect.poll(() => scripted.cancelled).toHaveLength(1)
})

test('a background run answers at once and resumes without a gap', async () => {
  const { gateway } = await start()
  const runs = `${gateway.url}/workflows/article/runs`
  const fields = { message: 'x', session_id: 's', background: 'true' }
  const begun = await fetch(runs, form({ ...fields, stream: 'false' }))
  expect(begun.status).toBe(202)
  const { run_id: id } = (await begun.json()) as Dict
  const run = () => json(`${runs}/${id}?session_id=s`)
  await expect.poll(async () => (await run())['status']).toBe('COMPLETED')
  const resumed = await fetch(
    `${runs}/${id}/resume`,
    form({ last_event_index: '2', session_id: 's' }),
  )
  const [note, ...events] = eventsIn(await resumed.text())
  expect(note).toMatchObject({
    event: 'replay',
    status: 'COMPLETED',
    last_event_index_requested: 2,
  })
  expect(events.map((event) => event['event_index'])).toEqual(events.map((_, i) => i + 3))
  expect(events.at(-1)?.event).toBe('WorkflowCompleted')
})

test('each member receives the token, the trace and the depth', async () => {
  const { gateway, scripted } = await start()
  const runs = `${gateway.url}/workflows/article/runs`
  const headers = {
    authorization: 'Bearer secret',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  }
  await json(runs, { ...form({ message: 'x', stream: 'false' }), headers })
  const requests = scripted.upstream.requests.filter(({ method }) => method === 'POST')
  for (const request of requests) {
    expect(request.headers).toMatchObject({ ...headers, 'x-agentos-depth': '1' })
  }
  const deep = { ...form({ message: 'x' }), headers: { 'x-agentos-depth': '5' } }
  expect((await fetch(runs, deep)).status).toBe(508)
})

test('two hundred concurrent composed runs send all their events', {
  timeout: 120_000,
}, async () => {
  const { gateway } = await start()
  const counts = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const runs = `${gateway.url}/workflows/article/runs`
      const response = await fetch(runs, form({ message: `m${i}` }))
      const events = eventsIn(await response.text())
      return [events.length, events.at(-1)?.['content'] === expected(`m${i}`)]
    }),
  )
  expect(new Set(counts.map(String))).toEqual(new Set(['19,true']))
})

function expected(message: string): string {
  return `=== pro ===\necho-a(echo(${message}))\n\n=== con ===\necho-b(echo(${message}))`
}

test.each([
  ['a run without a message', '/workflows/article/runs', { stream: 'false' }, 422],
  [
    'a session state that is no object',
    '/workflows/article/runs',
    { message: 'x', session_state: '[' },
    400,
  ],
  ['an unknown workflow', '/workflows/none/runs', { message: 'x' }, 404],
] as const)('the composer refuses %s', async (_case, path, fields, status) => {
  const { gateway } = await start()
  expect((await fetch(`${gateway.url}${path}`, form({ ...fields }))).status).toBe(status)
})
