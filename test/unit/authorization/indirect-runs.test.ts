import { expect, test } from 'vitest'
import type { Fields } from '../../../src/authorization/indirect-runs.ts'
import { causingRoute } from '../../../src/authorization/indirect-runs.ts'

const NOT_A_RUN = { kind: undefined, name: '' }
const MINE = { method: 'POST', endpoint: '/agents/mine/runs' }

/** Returns the runs that a request causes, or the code of the refusal. */
async function caused(route: string, body: Fields, stored?: Fields) {
  const [method = '', path = ''] = route.split(' ')
  const found = causingRoute(method, path)
  let isRead = false
  const read = async () => {
    isRead = true
    return stored
  }
  try {
    return { runs: await found?.runs(body, read), isRead, at: found?.recordPath }
  } catch (error) {
    return { code: (error as { code?: string }).code }
  }
}

const CALLS: readonly (readonly [Fields, object])[] = [
  [MINE, { kind: 'agents', name: 'mine' }],
  [{ endpoint: '/teams/duo/runs/' }, { kind: 'teams', name: 'duo' }],
  [
    { endpoint: '/workflows/my%20flow/runs', method: 'post' },
    { kind: 'workflows', name: 'my flow' },
  ],
  [{ endpoint: '/agents/%6dine/runs' }, { kind: 'agents', name: 'mine' }],
  ...[
    { ...MINE, method: 'GET' },
    { ...MINE, method: ' POST' },
    { endpoint: '/eval-runs' },
    { endpoint: '/schedules' },
    { endpoint: '/sessions', method: 'DELETE' },
    { endpoint: '/agents/mine/runs?x=1' },
    { endpoint: '/agents/mine/runs#x' },
    { endpoint: '/agents/mine/runs\n' },
    { endpoint: '/agents/mine/runs//' },
    { endpoint: '//agents/mine/runs' },
    { endpoint: 'http://elsewhere/agents/mine/runs' },
    { endpoint: '//elsewhere/agents/mine/runs' },
    { endpoint: 'agents/mine/runs' },
    { endpoint: '/x/../agents/mine/runs' },
    { endpoint: '/agents/../runs' },
    { endpoint: '/agents/%2e%2e/runs' },
    { endpoint: '/agents/a%2fb/runs' },
    { endpoint: '/agents/a%3fb/runs' },
    { endpoint: '/agents/a%252fb/runs' },
    { endpoint: '/agents/a%00/runs' },
    { endpoint: '/agents/a\\b/runs' },
    { endpoint: '/agents/%zz/runs' },
    { endpoint: '/agents//runs' },
    { endpoint: '/Agents/mine/runs' },
    { endpoint: '/%61gents/mine/runs' },
    { endpoint: '/agents/mine/runs/r1/continue' },
    { endpoint: '' },
  ].map((body) => [body, NOT_A_RUN] as const),
]

test.each(CALLS)('a schedule with the call %j runs the component %j', async (body, run) => {
  const { runs } = await caused('POST /schedules', body)
  expect(runs).toEqual([{ ...run, isStored: false }])
})

const OTHERS = { method: 'POST', endpoint: '/agents/other/runs' }
test.each([
  [{ name: 'n', cron_expr: '* * * * *' }, false, []],
  [{ payload: { message: 'x' } }, true, [{ kind: 'agents', name: 'other', isStored: true }]],
  [{ method: 'GET' }, true, [{ ...NOT_A_RUN, isStored: true }]],
  [{ endpoint: '/teams/t/runs' }, true, [{ kind: 'teams', name: 't', isStored: false }]],
  [MINE, false, [{ kind: 'agents', name: 'mine', isStored: false }]],
])(
  'the change %j of a schedule reads the record (%s) and causes %j',
  async (body, isRead, runs) => {
    expect(await caused('PATCH /schedules/s1', body, OTHERS)).toMatchObject({ isRead, runs })
  },
)

test('a change of only the endpoint is checked with the stored method', async () => {
  const stored = { method: 'GET', endpoint: '/sessions' }
  const { runs } = await caused('PATCH /schedules/s1', { endpoint: MINE.endpoint }, stored)
  expect(runs).toEqual([{ ...NOT_A_RUN, isStored: false }])
})

test.each([
  ['POST /schedules/s%1/trigger', '/schedules/s%251'],
  ['POST /schedules/s1/enable', '/schedules/s1'],
])('%s runs the component that the record at %s names', async (route, at) => {
  expect(await caused(route, {}, OTHERS)).toEqual({
    at,
    isRead: true,
    runs: [{ kind: 'agents', name: 'other', isStored: true }],
  })
  expect(await caused(route, {}, {})).toMatchObject({ runs: [{ ...NOT_A_RUN, isStored: true }] })
  expect(await caused(route, {})).toMatchObject({ runs: [] })
})

test.each([
  ['POST /schedules', { endpoint: 7 }],
  ['POST /schedules', { endpoint: null }],
  ['POST /schedules', { ...MINE, method: ['POST'] }],
  ['PATCH /schedules/s1', { method: null }],
  ['PATCH /schedules/s1', { endpoint: {} }],
])('%s with the invalid call %j is refused', async (route, body) => {
  expect(await caused(route, body, OTHERS)).toEqual({ code: 'AGW_BODY_INVALID' })
})

const TARGET = { target_type: 'team', target_id: 'duo' }
const EXECUTOR = { executor_type: 'agent', executor_id: 'mine' }
test.each([
  ['POST /company/routines', EXECUTOR, {}, [['agents', 'mine', false]]],
  ['POST /company/routines/r/trigger', {}, TARGET, [['teams', 'duo', true]]],
  ['POST /company/routines/r/resume', {}, TARGET, [['teams', 'duo', true]]],
  ['PATCH /company/routines/r', { instructions: 'x' }, TARGET, [['teams', 'duo', true]]],
  ['PATCH /company/routines/r', { executor_id: 'x' }, TARGET, [['teams', 'x', false]]],
  ['POST /company/tasks/t/runs', {}, EXECUTOR, [['agents', 'mine', true]]],
  ['POST /company/tasks/t/transitions', EXECUTOR, {}, [['agents', 'mine', false]]],
  ['POST /company/tasks', { title: 'x' }, {}, []],
  ['POST /company/setup', { routines: [EXECUTOR, 1] }, {}, [['agents', 'mine', false]]],
  [
    'POST /company/routines',
    { executor_type: 'constructor', executor_id: 'y' },
    {},
    [[undefined, 'y', false]],
  ],
])('%s with body %j and record %j causes the runs %j', async (route, body, stored, expected) => {
  const { runs = [] } = await caused(route, body, stored)
  expect(runs.map(({ kind, name, isStored }) => [kind, name, isStored])).toEqual(expected)
})

test.each([
  'GET /schedules/s1',
  'POST /schedules/s1/disable',
  'DELETE /schedules/s1',
  'POST /agents/a/runs',
])('%s causes no run beside the one in its path', (route) => {
  const [method = '', path = ''] = route.split(' ')
  expect(causingRoute(method, path)).toBeUndefined()
})
