/** Tests what administrators see of budgets: `GET /gateway/budgets` and the metrics. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { gatewayOf } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const ADMIN = bearer(tokenFor({ sub: 'admin', scopes: ['agent_os:admin'] }))
const BUDGETS = [
  {
    name: 'users',
    by: 'user',
    tokens: 100,
    cost: 5,
    window: 'month',
    overrides: { ann: { tokens: 7 } },
  },
  { name: 'tenants', by: 'claim:tenant', tokens: 50, window: '31d', over: 'warn' },
]

async function spent() {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { auth: JWT_AUTH, budgets: BUDGETS })
  for (const [sub, tokens] of [
    ['ann', 3],
    ['bob', 90],
    ['cid', 60],
  ] as const) {
    const caller = bearer(tokenFor({ sub, tenant: 'x' }))
    const answer = run(`${gateway.url}/agents/echo/runs`, 'message=1', caller)
    const metrics = { input_tokens: tokens, cost: 0.25 }
    ;(await upstream.next()).json({ run_id: sub, status: 'COMPLETED', metrics })
    await (await answer).whole()
  }
  const list = (query = '', headers: Record<string, string> = ADMIN) =>
    send(`${gateway.url}/gateway/budgets${query}`, { headers })
  return { gateway, list }
}

test('administrators see who has used how much, the fullest first', async () => {
  const { list } = await spent()
  const answer = await list()
  expect(answer.headers['cache-control']).toBe('no-store')
  const { data, meta } = (await answer.json()) as { data: Record<string, unknown>[]; meta: object }
  expect(meta).toEqual({ page: 1, limit: 100, total_pages: 1, total_count: 4 })
  expect(data.map(({ budget, subject }) => [budget, subject])).toEqual([
    ['tenants', 'x'],
    ['users', 'bob'],
    ['users', 'cid'],
    ['users', 'ann'],
  ])
  expect(data[0]).toMatchObject({
    by: 'claim:tenant',
    used: { tokens: 153, cost: 0.75 },
    limit: { tokens: 50, cost: null },
    left: 0,
    is_over: true,
    over: 'warn',
  })
  expect(data[3]).toMatchObject({ by: 'user', limit: { tokens: 7, cost: 5 }, is_over: false })
  const window = data[3]?.['window']
  const { start, end } = window as { start: string; end: string }
  expect(start).toMatch(/^\d{4}-\d\d-01T00:00:00\.000Z$/)
  expect(Date.parse(end)).toBeGreaterThan(Date.parse(start))
})

test('the list describes the budgets in force, also those without a charged run', async () => {
  const upstream = await startAgentOs()
  const budget = { name: 'daily', cost: 2.5, components: ['agent/echo', 'duo'] }
  const gateway = await gatewayOf({ a: upstream.url }, { budgets: [...BUDGETS, budget] })
  const answer = await send(`${gateway.url}/gateway/budgets`)
  const { budgets, data } = (await answer.json()) as { budgets: object[]; data: object[] }
  expect(data).toEqual([])
  const window = { start: expect.any(String), end: expect.any(String) }
  const all = { overrides: 0, components: [] }
  expect(budgets).toEqual([
    {
      ...all,
      name: 'users',
      by: 'user',
      limit: { tokens: 100, cost: 5 },
      over: 'reject',
      overrides: 1,
      window: { ...window, length: 'month' },
    },
    {
      ...all,
      name: 'tenants',
      by: 'claim:tenant',
      limit: { tokens: 50, cost: null },
      over: 'warn',
      window: { ...window, length: '31d' },
    },
    {
      ...all,
      name: 'daily',
      by: 'user',
      limit: { tokens: null, cost: 2.5 },
      over: 'reject',
      components: ['agents/echo', 'duo'],
      window: { ...window, length: '1d' },
    },
  ])
})

test('only administrators learn the names of budgets from their rights', async () => {
  const { gateway } = await spent()
  const namesFor = async (headers: Record<string, string>) => {
    const answer = await send(`${gateway.url}/gateway/access`, { headers })
    return ((await answer.json()) as { budgets: unknown }).budgets
  }
  expect(await namesFor(ADMIN)).toEqual(['users', 'tenants'])
  expect(await namesFor(bearer(tokenFor({ sub: 'ann' })))).toBeNull()
})

test('the list has pages and can show one budget', async () => {
  const { list } = await spent()
  const names = async (query: string) => {
    const { data, meta } = (await (await list(query)).json()) as {
      data: { subject: string }[]
      meta: { total_pages: number }
    }
    return [data.map(({ subject }) => subject), meta.total_pages]
  }
  expect(await names('?budget=users&limit=2')).toEqual([['bob', 'cid'], 2])
  expect(await names('?budget=users&limit=2&page=2')).toEqual([['ann'], 2])
  expect(await names('?budget=none')).toEqual([[], 0])
})

test.each(['?limit=0', '?limit=1001', '?limit=x', '?page=0', '?page=1.5'])(
  'the list refuses %s',
  async (query) => {
    const { list } = await spent()
    expect((await list(query)).status).toBe(400)
  },
)

test('the list needs the admin scope', async () => {
  const { list } = await spent()
  expect((await list('', bearer(tokenFor({ sub: 'ann' })))).status).toBe(403)
  expect((await list('', {})).status).toBe(401)
})

test('the list is empty without budgets', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url })
  expect(await (await send(`${gateway.url}/gateway/budgets`)).json()).toMatchObject({ data: [] })
})

test('the metrics show budgets, never subjects', async () => {
  const { gateway } = await spent()
  const text = await (await send(`${gateway.url}/gateway/metrics`, { headers: ADMIN })).whole()
  expect(text).toContain('agentos_gateway_budget_tokens_total{budget="users"} 153')
  expect(text).toContain('agentos_gateway_budget_cost_total{budget="tenants"} 0.75')
  expect(text).toContain('agentos_gateway_budget_subjects{budget="users"} 3')
  expect(text).toContain('agentos_gateway_budget_subjects_over{budget="tenants"} 1')
  expect(text).toContain(
    'agentos_gateway_budget_exceeded_runs_total{budget="tenants",over="warn"} 1',
  )
  expect(text).not.toMatch(/agentos_gateway_budget.*bob/)
})
