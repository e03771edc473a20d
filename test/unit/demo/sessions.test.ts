import { expect, test } from 'vitest'
import { json, list, openDemo, post, send } from './support.ts'

/** Runs each agent once with the given session and message. */
async function talk(a: string, ...runs: [agent: string, session: string, message: string][]) {
  for (const [agent, session_id, message] of runs) {
    await post(`${a}/agents/${agent}/runs`, { message, session_id, stream: 'false' })
  }
}

test('a listed session shows first message and token counts', async () => {
  const { a } = await openDemo()
  await talk(a, ['echo', 's1', 'hello world'])
  expect(await json(fetch(`${a}/sessions?type=agent`))).toEqual({
    data: [
      {
        session_id: 's1',
        session_name: 'hello world',
        session_state: {},
        session_type: 'agent',
        agent_id: 'echo',
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        updated_at: expect.any(String),
        metrics: expect.objectContaining({ input_tokens: 2, output_tokens: 4, total_tokens: 6 }),
        total_tokens: 6,
      },
    ],
    meta: { page: 1, limit: 20, total_pages: 1, total_count: 1, search_time_ms: 0 },
  })
})

test('sessions can be filtered by component, user, name and type', async () => {
  const { a } = await openDemo()
  await talk(a, ['echo', 's1', 'Tea'], ['slow', 's2', 'count to 1'])
  await post(`${a}/agents/echo/runs`, { message: 'x', session_id: 's3', user_id: 'u1' })
  const found = async (query: string) => {
    const page = await json(fetch(`${a}/sessions?sort_by=session_id&sort_order=asc&${query}`))
    return (page['data'] as Record<string, unknown>[]).map(({ session_id }) => session_id)
  }
  expect(await found('')).toEqual(['s1', 's2', 's3'])
  expect(await found('component_id=slow')).toEqual(['s2'])
  expect(await found('user_id=u1')).toEqual(['s3'])
  expect(await found('session_name=tea')).toEqual(['s1'])
  expect(await found('type=team')).toEqual([])
})

test('sessions are paged and sorted as requested', async () => {
  const { a } = await openDemo()
  await talk(a, ['echo', 's1', 'a'], ['echo', 's2', 'b'], ['echo', 's3', 'c'])
  const page = await json(fetch(`${a}/sessions?limit=2&page=2&sort_by=session_id&sort_order=desc`))
  expect(page).toMatchObject({
    data: [{ session_id: 's1' }],
    meta: { page: 2, limit: 2, total_pages: 2, total_count: 3 },
  })
})

test.each([
  ['type=x', { type: 'enum', loc: ['query', 'type'] }],
  ['limit=0', { type: 'greater_than_equal', ctx: { ge: 1 } }],
  ['page=one', { type: 'int_parsing', input: 'one' }],
  ['sort_order=up', { type: 'enum', msg: "Input should be 'asc' or 'desc'" }],
])('a session list with %s answers 422', async (query, issue) => {
  const { a } = await openDemo()
  const answer = await fetch(`${a}/sessions?${query}`)
  expect(answer.status).toBe(422)
  expect(await json(answer)).toMatchObject({ detail: [issue] })
})

test('an unknown db_id answers 404', async () => {
  const { a } = await openDemo()
  expect((await fetch(`${a}/sessions?db_id=demo-a-db`)).status).toBe(200)
  const answer = await fetch(`${a}/sessions?db_id=nope`)
  expect(answer.status).toBe(404)
  expect(await json(answer)).toEqual({ detail: "No database found with id 'nope'" })
})

test('a session is read with its chat history', async () => {
  const { a } = await openDemo()
  await talk(a, ['echo', 's1', 'hello'])
  expect(await json(fetch(`${a}/sessions/s1`))).toMatchObject({
    agent_session_id: 's1',
    agent_data: { name: 'Echo', agent_id: 'echo' },
    chat_history: [
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'You said: hello' },
    ],
  })
  const [run] = await list(fetch(`${a}/sessions/s1/runs`))
  expect(run).toMatchObject({ run_input: 'hello' })
  expect(await json(fetch(`${a}/sessions/s1/runs/${run?.['run_id']}`))).toEqual(run)
})

test('the sessions of a team and a workflow have their own shapes', async () => {
  const { b } = await openDemo()
  await post(`${b}/teams/duo/runs`, { message: 'x', session_id: 't1', stream: 'false' })
  await post(`${b}/workflows/pipeline/runs`, { message: 'y', session_id: 'w1', stream: 'false' })
  expect(await json(fetch(`${b}/sessions/t1`))).toMatchObject({
    team_id: 'duo',
    team_data: { name: 'Duo' },
  })
  expect(await json(fetch(`${b}/sessions/w1`))).toMatchObject({
    workflow_id: 'pipeline',
    workflow_name: 'Pipeline',
  })
})

test.each([
  ['/sessions/none', "Session with id 'none' not found"],
  ['/sessions/none?type=team', "Team Session with id 'none' not found"],
  ['/sessions/none/runs', 'Session with ID none not found'],
  ['/sessions/none/runs/r', 'Run with ID r not found in session none'],
])('the unknown path %s answers 404', async (path, detail) => {
  const answer = await fetch((await openDemo()).a + path)
  expect(answer.status).toBe(404)
  expect(await json(answer)).toEqual({ detail })
})

test('a session can be created once before its first run', async () => {
  const { a } = await openDemo()
  const body = { session_id: 'new', session_name: 'n', agent_id: 'echo', user_id: 'u1' }
  const answer = await send('POST', `${a}/sessions?type=agent`, body)
  expect(answer.status).toBe(201)
  expect(await json(answer)).toEqual({
    user_id: 'u1',
    agent_session_id: 'new',
    session_id: 'new',
    session_name: 'n',
    agent_id: 'echo',
    metrics: {},
    chat_history: [],
    created_at: expect.any(String),
    updated_at: expect.any(String),
  })
  expect((await send('POST', `${a}/sessions`, body)).status).toBe(409)
})

test('a session can be renamed and its state changed', async () => {
  const { a } = await openDemo()
  await talk(a, ['echo', 's1', 'hello'])
  const renamed = await send('POST', `${a}/sessions/s1/rename`, { session_name: 'renamed' })
  expect(await json(renamed)).toMatchObject({ session_name: 'renamed' })
  const changed = await send('PATCH', `${a}/sessions/s1`, { session_state: { k: 1 } })
  expect(await json(changed)).toMatchObject({ session_name: 'renamed', session_state: { k: 1 } })
  expect((await send('POST', `${a}/sessions/s1/rename`, {})).status).toBe(422)
})

test('deleting a session deletes its runs', async () => {
  const { a } = await openDemo()
  await talk(a, ['echo', 's1', 'x'], ['echo', 's2', 'y'])
  const one = await fetch(`${a}/sessions/s1`, { method: 'DELETE' })
  expect(one.status).toBe(204)
  expect((await fetch(`${a}/sessions/s1`)).status).toBe(404)
  await send('DELETE', `${a}/sessions`, { session_ids: ['s2'], session_types: ['agent'] })
  expect(await json(fetch(`${a}/sessions`))).toMatchObject({ data: [] })
})

test('the demo keeps only the newest 200 sessions and runs', async () => {
  const { a } = await openDemo()
  for (let index = 0; index <= 200; index++) await talk(a, ['slow', `s${index}`, 'count to 1'])
  expect(await json(fetch(`${a}/sessions`))).toMatchObject({ meta: { total_count: 200 } })
  expect((await fetch(`${a}/sessions/s0`)).status).toBe(404)
  expect((await fetch(`${a}/sessions/s1`)).status).toBe(200)
})

test.each(['{nope', '[]'])('the JSON body %s answers 422', async (body) => {
  const { a } = await openDemo()
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${a}/sessions`, { method: 'POST', headers, body })
  expect(answer.status).toBe(422)
})

test('an active run is kept while 200 later runs finish', async () => {
  const { a } = await openDemo()
  const fields = { message: 'count to 500 every 60000 ms', session_id: 'long' }
  const how = { background: 'true', stream: 'false' }
  const begun = await json(post(`${a}/agents/slow/runs`, { ...fields, ...how }))
  for (let index = 0; index <= 200; index++) await talk(a, ['slow', `s${index}`, 'count to 1'])
  const run = fetch(`${a}/agents/slow/runs/${begun['run_id']}?session_id=long`)
  expect(await json(run)).toMatchObject({ status: 'RUNNING' })
  expect((await fetch(`${a}/sessions/s1`)).status).toBe(404)
})
