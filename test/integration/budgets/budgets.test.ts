/** Tests budgets on AgentOS's own routes: which runs are charged, to whom, and which are refused. */
import { describe, expect, test } from 'vitest'
import type { Exchange } from '../../support/agentos.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { eventText } from '../../support/fake-upstream.ts'
import { configOf, gatewayOf, startGateway } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const ALICE = bearer(tokenFor({ sub: 'alice', tenant: 'x' }))
const BOB = bearer(tokenFor({ sub: 'bob', tenant: 'x' }))
const ADMIN = bearer(tokenFor({ sub: 'admin', scopes: ['agent_os:admin'] }))
/** A month, so that hardly a test meets the end of a window. */
const BUDGET = { name: 'user-month', tokens: 100, window: 'month' }
const EXCEEDED = { detail: "The budget 'user-month' is exceeded" }

const output = (tokens: number, members: object = {}) => ({
  run_id: 'r-1',
  status: 'COMPLETED',
  metrics: { input_tokens: tokens },
  ...members,
})

async function limited(budget: object = {}, document: object = {}) {
  const upstream = await startAgentOs({ agents: ['echo', 'other'], teams: ['duo'] })
  const budgets = [{ ...BUDGET, ...budget }]
  const gateway = await gatewayOf({ a: upstream.url }, { auth: JWT_AUTH, budgets, ...document })
  const at = (path: string) => gateway.url + path
  /** Runs an agent that answers with JSON. */
  const spend = async (tokens: number, caller = ALICE, path = '/agents/echo/runs') => {
    const answer = run(at(path), 'message=1', caller)
    ;(await upstream.next()).json(output(tokens))
    await (await answer).whole()
    return answer
  }
  const tries = async (caller = ALICE, path = '/agents/echo/runs', fields = 'message=1') => {
    const answer = run(at(path), fields, caller)
    const next = upstream.next().then((exchange) => exchange.json({}))
    await Promise.race([answer, next])
    return (await answer).status
  }
  return { upstream, gateway, at, spend, tries }
}

const left = ({ headers }: { headers: Record<string, unknown> }) =>
  String(headers['x-agentos-budget-remaining']).replace(/reset=\d+/, 'reset=…')

test('the run that crosses a limit completes, and the next one is refused', async () => {
  const { spend, at } = await limited()
  expect(left(await spend(99))).toBe('100; budget=user-month; unit=tokens; reset=…')
  const crossing = await spend(50)
  expect([crossing.status, left(crossing)]).toEqual([
    200,
    '1; budget=user-month; unit=tokens; reset=…',
  ])
  const refused = await run(at('/agents/echo/runs'), 'message=1', ALICE)
  expect([refused.status, await refused.json()]).toEqual([429, EXCEEDED])
  expect(refused.headers['x-agentos-gateway-error']).toBe('AGW_BUDGET_EXCEEDED')
  const wait = Number(refused.headers['retry-after'])
  const now = new Date()
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)
  expect(Math.abs(wait - (end - now.getTime()) / 1000)).toBeLessThan(60)
  expect(left(refused)).toBe('0; budget=user-month; unit=tokens; reset=…')
})

test.each([
  ['/agents/other/runs', 'message=1'],
  ['/teams/duo/runs', 'message=1'],
  ['/agents/echo/runs/r-9/continue', 'tools=[]'],
  ['/upstreams/a/agents/echo/runs', 'message=1'],
  ['/agents/%65cho/runs/', 'message=1'],
  ['/agents/echo/runs', 'message=1&user_id=bob'],
  ['/agents/echo/runs', 'message=1&background=true'],
  ['/schedules/s-1/trigger', ''],
  ['/eval-runs', ''],
])('a caller over its budget cannot start a run by %s with %s', async (path, fields) => {
  const { spend, tries } = await limited()
  await spend(100)
  expect(await tries(ALICE, path, fields)).toBe(429)
})

test.each([
  ['POST', '/agents/echo/runs/r-1/cancel'],
  ['POST', '/agents/echo/runs/r-1/resume'],
  ['GET', '/agents/echo/runs/r-1'],
  ['GET', '/sessions'],
  ['GET', '/agents'],
])('%s %s is served to a caller over its budget', async (method, path) => {
  const { spend, upstream, at } = await limited()
  await spend(100)
  const answer = send(at(path), { method, headers: ALICE })
  const next = upstream.next().then((exchange) => exchange.json({ data: [], meta: {} }))
  await Promise.race([answer, next])
  expect((await answer).status).toBe(200)
})

test.each([
  ['user', 200],
  ['claim:tenant', 429],
  ['component', 429],
  ['upstream', 429],
  ['all', 429],
])('a budget by %s answers another caller with %d', async (by, status) => {
  const { spend, tries } = await limited({ by })
  await spend(100, ALICE)
  expect(await tries(BOB)).toBe(status)
})

test('a budget by component counts each one by itself, on every path', async () => {
  const { spend, tries } = await limited({ by: 'component' })
  await spend(100, ALICE, '/upstreams/a/agents/echo/runs')
  expect([await tries(BOB), await tries(BOB, '/agents/other/runs')]).toEqual([429, 200])
})

test.each([
  '/agents/echo/%72uns',
  '/agents/%65cho/run%73/',
  '/upstreams/a/%61gents/echo/run%73/?x=1',
  '/agents/echo/runs?upstream=a',
])('a run through %s is charged', async (path) => {
  const { spend, tries } = await limited()
  await spend(100, ALICE, path)
  expect(await tries()).toBe(429)
})

test('a budget of some components neither counts nor refuses others', async () => {
  const { spend, tries } = await limited({ components: ['agent/other'] })
  await spend(1_000)
  expect([await tries(), await tries(ALICE, '/agents/other/runs')]).toEqual([200, 200])
  await spend(100, ALICE, '/agents/other/runs')
  expect([await tries(), await tries(ALICE, '/agents/other/runs')]).toEqual([200, 429])
})

test('callers without authentication share one count, with any user_id', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { budgets: [BUDGET] })
  const first = run(`${gateway.url}/agents/echo/runs`, 'message=1&user_id=alice', ALICE)
  ;(await upstream.next()).json(output(100))
  await (await first).whole()
  const second = await run(`${gateway.url}/agents/echo/runs`, 'message=1&user_id=bob', BOB)
  expect(second.status).toBe(429)
})

test('a budget that only warns lets runs start and logs each subject once', async () => {
  const { spend, gateway } = await limited({ over: 'warn' })
  const answers = [await spend(100), await spend(1), await spend(1)]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  const [last] = answers.slice(-1)
  expect(last && left(last)).toBe('0; budget=user-month; unit=tokens; reset=…')
  const lines = gateway.log.lines.filter(({ msg }) => msg === 'budget exceeded')
  expect(lines).toMatchObject([{ budget: 'user-month', tokens: 100, limit: { tokens: 100 } }])
  expect(lines[0]).not.toHaveProperty('subject')
})

test('the log names the subject where callers are logged', async () => {
  const { spend, gateway } = await limited({ over: 'warn' }, { log: { caller: true } })
  await spend(100)
  await spend(1)
  const line = await gateway.log.until(({ msg }) => msg === 'budget exceeded')
  expect(line['subject']).toBe('alice')
})

test('the log shortens the subject as the access log does', async () => {
  const { spend, gateway } = await limited({ over: 'warn' }, { log: { caller: true } })
  const caller = bearer(tokenFor({ sub: `alice\u202e\n${'x'.repeat(2_000)}` }))
  await spend(100, caller)
  await spend(1, caller)
  const line = await gateway.log.until(({ msg }) => msg === 'budget exceeded')
  expect(line['subject']).toMatch(/^alice\uFFFD\uFFFDx{120}…$/)
})

test('runs in parallel overshoot the limit by what they use', async () => {
  const { upstream, at, tries } = await limited()
  const answers = Array.from({ length: 100 }, () => run(at('/agents/echo/runs'), 'x=1', ALICE))
  const exchanges = []
  while (exchanges.length < 100) exchanges.push(await upstream.next())
  for (const exchange of exchanges) exchange.json(output(10))
  const statuses = await Promise.all(answers.map(async (answer) => (await answer).status))
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(await tries()).toBe(429)
})

test('counts survive a reload that changes the limit', async () => {
  const upstream = await startAgentOs()
  const upstreams = [{ name: 'a', url: upstream.url }]
  const file = { auth: JWT_AUTH, upstreams, budgets: [BUDGET] }
  const gateway = await startGateway(file, { ready: ['a'], load: () => configOf(file) })
  const path = `${gateway.url}/agents/echo/runs`
  const first = run(path, 'message=1', ALICE)
  ;(await upstream.next()).json(output(100))
  await (await first).whole()
  file.budgets = [{ ...BUDGET, tokens: 150 }]
  await send(`${gateway.url}/gateway/reload`, { method: 'POST', headers: ADMIN })
  const second = run(path, 'message=1', ALICE)
  ;(await upstream.next()).json(output(0))
  expect(left(await second)).toBe('50; budget=user-month; unit=tokens; reset=…')
})

test('a metered run asks for a response that the gateway can read', async () => {
  const { upstream, at } = await limited()
  const answer = run(at('/agents/echo/runs'), 'message=1', { ...ALICE, 'accept-encoding': 'gzip' })
  const exchange = await upstream.next()
  expect(exchange.request.headers['accept-encoding']).toBe('identity')
  exchange.json({})
  await answer
})

test('without budgets a run has no header and keeps its accepted encodings', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url })
  const answer = run(`${gateway.url}/agents/echo/runs`, 'x=1', { 'accept-encoding': 'gzip' })
  const exchange = await upstream.next()
  expect(exchange.request.headers['accept-encoding']).toBe('gzip')
  exchange.json({})
  expect((await answer).headers).not.toHaveProperty('x-agentos-budget-remaining')
})

describe('runs that are not read to their end at once', () => {
  const request = (runId = 'r-1') =>
    eventText({ event: 'ModelRequestCompleted', run_id: runId, input_tokens: 100 })
  const started = eventText({ event: 'RunStarted', run_id: 'r-1' })

  async function streamed(exchange: Promise<Exchange>) {
    return (await exchange).events()
  }

  test('a caller that leaves a stream pays for the requests so far', async () => {
    const { upstream, at, tries } = await limited()
    const first = run(at('/agents/echo/runs'), 'message=1', ALICE)
    const stream = await streamed(upstream.next())
    stream.write(started + request())
    const answer = await first
    await answer.until('ModelRequestCompleted')
    answer.abort()
    expect(await tries()).toBe(429)
  })

  test.each(['close', 'cancel'])(
    'a caller that leaves before the answer pays for the run, with on_disconnect: %s',
    async (onDisconnect) => {
      const upstream = await startAgentOs()
      const gateway = await startGateway(
        {
          upstreams: [{ name: 'a', url: upstream.url, on_disconnect: onDisconnect }],
          budgets: [BUDGET],
        },
        { ready: ['a'] },
      )
      const leaving = new AbortController()
      const options = {
        method: 'POST',
        body: new URLSearchParams('message=1'),
        signal: leaving.signal,
      }
      const answer = fetch(`${gateway.url}/agents/echo/runs`, options).catch(() => undefined)
      const exchange = await upstream.next()
      leaving.abort()
      await answer
      await gateway.log.access('/agents/echo/runs')
      exchange.json(output(100))
      await expect.poll(() => gateway.app.openResponses.size).toBe(0)
      expect((await run(`${gateway.url}/agents/echo/runs`)).status).toBe(429)
    },
  )

  test('a run that is read on without its caller is charged to its end', async () => {
    const upstream = await startAgentOs()
    const gateway = await startGateway(
      {
        upstreams: [{ name: 'a', url: upstream.url, on_disconnect: 'detach' }],
        budgets: [BUDGET],
      },
      { ready: ['a'] },
    )
    const first = run(`${gateway.url}/agents/echo/runs`)
    const stream = await streamed(upstream.next())
    stream.write(started)
    const answer = await first
    await answer.event()
    answer.abort()
    await gateway.log.access('/agents/echo/runs')
    stream.end(request())
    await expect.poll(() => gateway.app.openResponses.size).toBe(0)
    expect((await run(`${gateway.url}/agents/echo/runs`)).status).toBe(429)
  })

  test('a paused run is charged at its pause, and its continuation for the rest', async () => {
    const { upstream, at, spend } = await limited()
    const first = run(at('/agents/echo/runs'), 'message=1', ALICE)
    ;(await upstream.next()).json(output(30, { status: 'PAUSED' }))
    await (await first).whole()
    const second = run(at('/agents/echo/runs/r-1/continue'), 'tools=[]', BOB)
    ;(await upstream.next()).json(output(40))
    await (await second).whole()
    expect(left(await spend(0))).toBe('60; budget=user-month; unit=tokens; reset=…')
    expect(left(await spend(0, BOB))).toBe('100; budget=user-month; unit=tokens; reset=…')
  })

  test('reading a run that started before the gateway costs nothing', async () => {
    const { upstream, at, spend } = await limited()
    const read = send(at('/agents/echo/runs/old'), { headers: ALICE })
    ;(await upstream.next()).json(output(100, { run_id: 'old' }))
    await (await read).whole()
    expect((await spend(0)).status).toBe(200)
  })
})
