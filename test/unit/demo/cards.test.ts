import { expect, test } from 'vitest'
import { json, list, openDemo } from './support.ts'

test('both demo instances are healthy and report their AgentOS version', async () => {
  for (const url of Object.values(await openDemo())) {
    const health = await fetch(`${url}/health`)
    expect(health.headers.get('content-type')).toBe('application/json')
    expect(health.headers.get('vary')).toBe('Origin')
    expect(await json(health)).toEqual({
      status: 'ok',
      instantiated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    })
    expect(await json(fetch(`${url}/info`))).toMatchObject({ agno_version: '3.1.10' })
  }
})

test("the demo's config lists every component with its database", async () => {
  const { a, b } = await openDemo()
  expect(await json(fetch(`${a}/config`))).toMatchObject({
    os_id: 'demo-a',
    databases: ['demo-a-db'],
    session: { dbs: [{ db_id: 'demo-a-db', tables: ['agno_sessions'] }] },
    agents: [
      { id: 'echo', db_id: 'demo-a-db' },
      { id: 'slow' },
      { id: 'confirm' },
      { id: 'desk' },
      { id: 'report' },
    ],
    teams: [],
    workflows: [],
  })
  expect(await json(fetch(`${b}/config`))).toMatchObject({
    agents: [{ id: 'poet' }, { id: 'critic' }],
    teams: [{ id: 'duo', mode: 'coordinate' }],
    workflows: [{ id: 'pipeline' }, { id: 'panel' }],
  })
  expect(await json(fetch(`${b}/info`))).toMatchObject({
    agent_count: 2,
    team_count: 1,
    workflow_count: 2,
  })
})

test('component cards name their model, tools, members and steps', async () => {
  const { a, b } = await openDemo()
  expect(await json(fetch(`${a}/agents/confirm`))).toMatchObject({
    name: 'Confirm',
    model: { name: 'ScriptedModel', model: 'scripted', provider: 'Demo' },
    tools: { tools: [{ name: 'delete_file', requires_confirmation: true }] },
  })
  expect(await json(fetch(`${b}/teams/duo`))).toMatchObject({
    members: [{ id: 'poet' }, { id: 'critic' }],
  })
  expect(await json(fetch(`${b}/workflows/pipeline`))).toMatchObject({
    steps: [{ name: 'write', type: 'Step', agent: { id: 'poet' } }, { name: 'review' }],
  })
  expect(await json(fetch(`${b}/workflows/panel`))).toMatchObject({
    steps: [{ type: 'Parallel', steps: [{ name: 'verse' }, { name: 'prose' }] }, { type: 'Step' }],
  })
})

test('the component list contains the cards, with workflows shortened to summaries', async () => {
  const { a, b } = await openDemo()
  expect(await list(fetch(`${a}/agents`))).toMatchObject([
    await json(fetch(`${a}/agents/echo`)),
    await json(fetch(`${a}/agents/slow`)),
    await json(fetch(`${a}/agents/confirm`)),
    await json(fetch(`${a}/agents/desk`)),
    await json(fetch(`${a}/agents/report`)),
  ])
  const [pipeline] = await list(fetch(`${b}/workflows`))
  expect(pipeline).toMatchObject({ id: 'pipeline', is_factory: false })
  expect(pipeline).not.toHaveProperty('steps')
})

test.each([
  ['/agents/nope', 'Agent not found'],
  ['/teams/nope', 'Team not found'],
  ['/workflows/nope', 'Workflow not found'],
  ['/no/such/route', 'Not Found'],
])('the path %s answers 404 in the words of AgentOS', async (path, detail) => {
  const answer = await fetch((await openDemo()).a + path)
  expect(answer.status).toBe(404)
  expect(await json(answer)).toEqual({ detail })
})

test('an unsupported method answers 405 with the allowed methods', async () => {
  const answer = await fetch(`${(await openDemo()).a}/agents`, { method: 'PUT' })
  expect(answer.status).toBe(405)
  expect(answer.headers.get('allow')).toBe('GET')
  expect(await json(answer)).toEqual({ detail: 'Method Not Allowed' })
})

test('features the demo lacks answer as an AgentOS without them does', async () => {
  const { a } = await openDemo()
  expect(await json(fetch(`${a}/traces`))).toMatchObject({ data: [], meta: { total_count: 0 } })
  expect(await json(fetch(`${a}/approvals/count`))).toEqual({ count: 0 })
  expect(await json(fetch(`${a}/metrics`))).toEqual({ metrics: [], updated_at: null })
  expect((await fetch(`${a}/knowledge/config`)).status).toBe(503)
})

test('closing the demo frees its ports and breaks open streams', async () => {
  const { startDemo } = await import('../../../demo/index.ts')
  const demo = await startDemo({ slowWordDelayMs: 60_000 })
  const [a] = demo.upstreams
  const body = new URLSearchParams({ message: 'count' })
  const answer = await fetch(`${a?.url}/agents/slow/runs`, { method: 'POST', body })
  await demo.close()
  await expect(answer.text()).rejects.toThrow()
  await expect(fetch(`${a?.url}/health`)).rejects.toThrow()
})
