import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { answerJson } from '../../support/fake-upstream.ts'
import { startGateway } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const PLANNER = ['schedules:write', 'agents:mine:run', 'agents:mine:read']
const OF_ADMIN = { id: 's1', method: 'POST', endpoint: '/agents/other/runs', payload: {} }
const OF_PLANNER = { ...OF_ADMIN, endpoint: '/agents/mine/runs' }
const ADMINS = '{"detail":"Only admins can schedule an endpoint that is not a run endpoint"}'
const NOT_YOURS = '{"detail":"Access denied to run this agent"}'

type Records = Readonly<Record<string, object>>

/** Starts an AgentOS that answers GET requests with these records, by their path. */
async function agentOsWith(records: Records, agents = ['mine', 'other'], readStatus = 200) {
  return startAgentOs({ agents }, (request, response, message) => {
    message.resume().on('end', () => {
      const record = request.method === 'GET' ? records[request.url] : { done: true }
      if (record === undefined) answerJson(response, { detail: 'Schedule not found' }, 404)
      else answerJson(response, record, request.method === 'GET' ? readStatus : 200)
    })
  })
}

interface Asked {
  readonly records?: Records
  readonly scopes?: readonly string[]
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
  readonly readStatus?: number
}

/** Sends `METHOD PATH` as a caller with scopes. @returns the answer, and whether the request reached the upstream */
async function ask(start: string, options: Asked = {}) {
  const { records = {}, scopes = PLANNER, body = {}, headers = {}, readStatus } = options
  const upstream = await agentOsWith(records, ['mine', 'other'], readStatus)
  const gateway = await startGateway(
    {
      upstreams: [{ name: 'a', url: upstream.url }],
      auth: { ...JWT_AUTH, authorization: true },
    },
    { ready: ['a'] },
  )
  const [method = '', path = ''] = start.split(' ')
  const answer = await send(gateway.url + path, {
    method,
    headers: {
      ...bearer(tokenFor({ scopes })),
      'content-type': 'application/json',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await answer.whole()
  const isReached = upstream.requests.some(({ method: sent }) => sent === method)
  return { status: answer.status, text, isReached }
}

const DENIED = { status: 403, isReached: false }
const RECORDS = { '/schedules/s1': OF_ADMIN, '/schedules/s2': OF_PLANNER }

describe('creation of a schedule', () => {
  test.each([
    { endpoint: '/eval-runs', payload: { agent_id: 'other' } },
    { endpoint: '/schedules', payload: OF_ADMIN },
    { endpoint: '/schedules/s1/trigger' },
    { endpoint: '/sessions', method: 'DELETE' },
    { endpoint: '/agents/mine/runs?x=/../../other/runs' },
    { endpoint: '/agents/mine/runs/r1/continue' },
    { endpoint: '/config', method: 'GET' },
  ])('only an admin may schedule %j, which starts no run of a single component', async (body) => {
    const scopes = [...PLANNER, 'evals:write', 'sessions:delete', 'config:read']
    expect(await ask('POST /schedules', { scopes, body })).toEqual({ ...DENIED, text: ADMINS })
    const admin = await ask('POST /schedules', { scopes: ['agent_os:admin'], body })
    expect(admin).toMatchObject({ status: 200, isReached: true })
  })

  test('a caller may schedule runs only of components that its scopes allow', async () => {
    expect(await ask('POST /schedules', { body: OF_PLANNER })).toMatchObject({ status: 200 })
    expect(await ask('POST /schedules', { body: OF_ADMIN })).toEqual({ ...DENIED, text: NOT_YOURS })
  })

  test.each([
    '',
    '{"endpoint":"/agents/mine/runs","endpoint":"/agents/other/runs"}',
    '{"endpoint":7}',
  ])('a schedule with the invalid body %j is refused with 422', async (body) => {
    expect(await ask('POST /schedules', { body })).toMatchObject({ status: 422, isReached: false })
  })
})

describe('a stored schedule', () => {
  test.each([
    ['PATCH /schedules/s1', { payload: { message: 'x' } }],
    ['PATCH /schedules/s1/', { payload: { message: 'x' } }],
    ['PATCH /schedules/%731', { method: 'POST' }],
    ['PATCH /upstreams/a/schedules/s1', { payload: {} }],
    ['PATCH /upstreams/a/schedules/s1/', { payload: {} }],
    ['POST /schedules/s1/trigger', {}],
    ['POST /schedules/s1/enable', {}],
    ['POST /upstreams/a/schedules/s1/trigger/', {}],
  ])('%s with %j is refused when the schedule runs a forbidden component', async (start, body) => {
    const answer = await ask(start, { records: RECORDS, body })
    expect(answer).toEqual({ ...DENIED, text: NOT_YOURS })
  })

  test('the header x-agentos-upstream does not bypass the check of the schedule', async () => {
    const headers = { 'x-agentos-upstream': 'a' }
    expect(
      await ask('PATCH /schedules/s1', { records: RECORDS, headers, body: { payload: {} } }),
    ).toMatchObject(DENIED)
  })

  test.each([
    ['PATCH /schedules/s1', { name: 'n', cron_expr: '0 * * * *' }],
    ['PATCH /schedules/s1', { endpoint: '/agents/mine/runs', payload: {} }],
    ['PATCH /schedules/s2', { payload: { message: 'x' } }],
    ['POST /schedules/s2/trigger', {}],
    ['POST /schedules/s2/enable', {}],
    ['POST /schedules/s1/disable', {}],
    ['POST /upstreams/a/schedules/s2/trigger', {}],
  ])('%s with %j is forwarded when the caller may run the component', async (start, body) => {
    const answer = await ask(start, { records: RECORDS, body })
    expect(answer).toMatchObject({ status: 200, isReached: true })
  })

  test('the gateway forwards a trigger of a schedule that it cannot find', async () => {
    const answer = await ask('POST /schedules/none/trigger')
    expect(answer).toMatchObject({ status: 200, isReached: true })
  })

  test('a trigger is refused when the upstream refuses to show the schedule', async () => {
    const answer = await ask('POST /schedules/s2/trigger', { records: RECORDS, readStatus: 403 })
    expect(answer).toMatchObject(DENIED)
  })

  test('only an admin may trigger a schedule without an endpoint', async () => {
    const records = { '/schedules/s1': { id: 's1' } }
    const answer = await ask('POST /schedules/s1/trigger', { records })
    expect(answer).toEqual({ ...DENIED, text: ADMINS })
  })
})

test('a trigger goes to the upstream whose schedule the gateway checked', async () => {
  const a = await agentOsWith({}, ['x'])
  const b = await agentOsWith({ '/schedules/s1': OF_PLANNER })
  const gateway = await startGateway(
    {
      upstreams: [a, b].map(({ url }, index) => ({ name: 'ab'[index], url })),
      auth: { ...JWT_AUTH, authorization: true },
    },
    { ready: ['a', 'b'] },
  )
  const trigger = () =>
    send(`${gateway.url}/schedules/s1/trigger`, {
      method: 'POST',
      headers: bearer(tokenFor({ scopes: PLANNER })),
    })
  expect((await trigger()).status).toBe(200)
  const posts = [a, b].map(({ requests }) => requests.filter(({ method }) => method === 'POST'))
  expect(posts.map(({ length }) => length)).toEqual([0, 1])
  await b.close()
  expect((await trigger()).status).toBe(502)
})

const TARGET = { target_type: 'agent', target_id: 'other' }
test.each([
  ['POST /company/routines', { executor_type: 'agent', executor_id: 'other' }, {}],
  ['PATCH /company/routines/r', { instructions: 'x' }, { '/company/routines/r': TARGET }],
  ['POST /company/routines/r/trigger', {}, { '/company/routines/r': TARGET }],
  [
    'POST /company/tasks/t/runs',
    {},
    { '/company/tasks/t': { executor_type: 'agent', executor_id: 'other' } },
  ],
])(
  '%s with %j is refused when the records %j run a forbidden component',
  async (start, body, records) => {
    const scopes = [...PLANNER, 'routines:write', 'tasks:write', 'wiki:read']
    expect(await ask(start, { scopes, body, records })).toEqual({ ...DENIED, text: NOT_YOURS })
  },
)
