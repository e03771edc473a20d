/** Access of callers to composed sessions and runs, and the traces, logs and status that operators read. */
import { expect, test } from 'vitest'
import type { Tracing } from '../../../src/tracing/tracing.ts'
import { startComposing } from '../../support/composer.ts'
import { JWT_AUTH, tokenFor } from '../../support/tokens.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

const WORKFLOWS = [
  {
    id: 'w',
    steps: [
      { name: 'a', agent: 'echo' },
      { name: 'b', agent: 'fail', optional: true },
    ],
  },
]
const SCOPES = ['workflows:run', 'workflows:read', 'agents:run', 'sessions:read', 'sessions:delete']

const as = (sub: string, scopes = SCOPES) => ({
  authorization: `Bearer ${tokenFor({ sub, scopes })}`,
})

async function start(more: object = {}, options: object = {}) {
  const scripted = await startScripted()
  const upstreams = [{ name: 'one', url: scripted.upstream.url }]
  const document = { upstreams, ...{ workflows: WORKFLOWS, ...more } }
  return { scripted, gateway: await startComposing(document, options) }
}

async function run(url: string, headers: Record<string, string>, fields: object = {}) {
  const body = new URLSearchParams({
    message: 'x',
    session_id: 's',
    run_id: 'r',
    stream: 'false',
    ...fields,
  })
  return await fetch(`${url}/workflows/w/runs`, { method: 'POST', headers, body })
}

test('a caller sees the sessions and runs of its own subject only', async () => {
  const { gateway } = await start({ auth: JWT_AUTH })
  const { url } = gateway
  expect((await run(url, as('ann'), { user_id: 'bob' })).status).toBe(200)
  const get = async (path: string, headers: Record<string, string>) => {
    const response = await fetch(url + path, { headers })
    return { status: response.status, body: await response.json() }
  }
  const run_ = '/workflows/w/runs/r?session_id=s'
  expect((await get(run_, as('ann'))).body).toMatchObject({ user_id: 'ann' })
  for (const path of [
    run_,
    '/workflows/w/runs?session_id=s',
    '/sessions/s?type=workflow&db_id=composer',
    '/sessions/s/runs?type=workflow&db_id=composer',
  ]) {
    expect((await get(path, as('bob'))).status, path).toBe(404)
    expect((await get(path, as('root', ['agent_os:admin']))).status, path).toBe(200)
  }
  const list = '/sessions?type=workflow&db_id=composer'
  expect((await get(list, as('bob'))).body).toMatchObject({ data: [] })
  expect((await run(url, as('bob'), { run_id: 'other' })).status).toBe(404)
  await fetch(`${url}/sessions/s?db_id=composer`, { method: 'DELETE', headers: as('bob') })
  expect((await get(list, as('ann'))).body).toMatchObject({ data: [{ session_id: 's' }] })
})

test('an uploaded file reaches the members', async () => {
  const { gateway, scripted } = await start()
  const body = new FormData()
  body.set('message', 'x')
  body.set('stream', 'false')
  body.append('files', new File(['hello'], 'a.txt', { type: 'text/plain' }))
  const response = await fetch(`${gateway.url}/workflows/w/runs`, { method: 'POST', body })
  expect(response.status).toBe(200)
  const request = scripted.upstream.requests.find(({ url }) => url.includes('/agents/echo/runs'))
  expect(request?.headers['content-type']).toContain('multipart/form-data')
  expect(String(request?.body)).toContain('filename="a.txt"')
  expect(String(request?.body)).toContain('hello')
})

test('a run writes one access-log line with its members and their tokens', async () => {
  const lines: object[] = []
  const accessLog = { info: (line: object) => lines.push(line) }
  const { gateway } = await start({}, { accessLog })
  await run(gateway.url, {})
  expect(lines).toMatchObject([
    {
      runId: 'r',
      sessionId: 's',
      component: 'workflows/w',
      status: 'COMPLETED',
      members: 2,
      failedMembers: 1,
      tokens: { 'agents/echo': 13 },
    },
  ])
})

test('every member has a span of its own below the run', async () => {
  const spans: { name: string; parent: unknown; failure: unknown }[] = []
  const tracing: Tracing = {
    begin: () => {
      throw new Error('not used by the composer')
    },
    beginPart: (name, _attributes, { traceparent: parent }) => {
      const id = `00-${'a'.repeat(32)}-${String(spans.length + 1).padStart(16, '0')}-01`
      const span = { name, parent, failure: undefined as unknown }
      spans.push(span)
      const end = (failure?: string) => {
        span.failure = failure
      }
      return { headers: { traceparent: id }, end }
    },
    shutdown: async () => undefined,
  }
  const { gateway, scripted } = await start({}, { tracing })
  const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  await run(gateway.url, { traceparent: parent })
  expect(spans).toEqual([
    { name: 'workflow w', parent, failure: undefined },
    {
      name: 'agent echo',
      parent: expect.stringContaining('-0000000000000001-'),
      failure: undefined,
    },
    { name: 'agent fail', parent: expect.stringContaining('-0000000000000001-'), failure: 'ERROR' },
  ])
  const request = scripted.upstream.requests.find(({ url }) => url.includes('/agents/echo/runs'))
  expect(request?.headers['traceparent']).toContain('-0000000000000002-')
})

test('the status of the gateway shows the composer', async () => {
  const { gateway } = await start({}, { restarts: 2 })
  const status = (await (await fetch(`${gateway.url}/gateway/status`)).json()) as object
  expect(status).toMatchObject({
    composer: { state: 'ready', pid: process.pid, restarts: 2, runs: 0, durable: true },
  })
})

test('member runs and tokens are counted by composed component and member', async () => {
  const { gateway } = await start()
  await run(gateway.url, {})
  const text = async () => await (await fetch(`${gateway.url}/gateway/metrics`)).text()
  const labels = 'composed="workflows/w",upstream="one",component="agents/echo"'
  const name = 'agentos_gateway_composed_member'
  await expect.poll(text).toContain(`${name}_runs_total{${labels}} 1`)
  expect(await text()).toContain(`${name}_tokens_total{${labels},direction="input"} 10`)
  expect(await text()).toContain(`${name}_tokens_total{${labels},direction="output"} 3`)
})
