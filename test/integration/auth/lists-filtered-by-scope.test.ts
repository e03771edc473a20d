import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

/** Starts two upstreams: `eu` serves `echo` as `eu-echo`, `us` serves its own `echo`. */
async function twoUpstreams() {
  const eu = await startAgentOs({ agents: ['echo', 'other'], teams: ['duo'] })
  const us = await startAgentOs({ agents: ['echo'] })
  const upstreams = [
    { name: 'eu', url: eu.url, prefix: 'eu-' },
    { name: 'us', url: us.url },
  ]
  const auth = { ...JWT_AUTH, authorization: true }
  const gateway = await startGateway({ upstreams, auth }, { ready: ['eu', 'us'] })
  const get = async (path: string, scopes: string[], headers: Record<string, string> = {}) => {
    const answer = await send(gateway.url + path, {
      headers: { ...bearer(tokenFor({ scopes })), ...headers },
    })
    return { status: answer.status, body: await answer.json() }
  }
  return { eu, us, gateway, get }
}

const ids = (cards: unknown) => (cards as { id: string }[]).map(({ id }) => id)
const FORBIDDEN = { detail: 'Insufficient permissions. Required scope(s): agents:read' }

test('a list contains only the components the caller may read', async () => {
  const { get } = await twoUpstreams()
  const list = async (...scopes: string[]) => ids((await get('/agents', scopes)).body)
  expect(await list('agents:read')).toEqual(['eu-echo', 'eu-other', 'echo'])
  expect(await list('agents:*:read')).toHaveLength(3)
  expect(await list('agents:eu-echo:read')).toEqual(['eu-echo'])
  expect(await list('agents:echo:read')).toEqual(['echo'])
  expect(await list('agents:unknown:read')).toEqual([])
})

test('a list answers 403 to a caller without any read scope', async () => {
  const { get } = await twoUpstreams()
  expect(await get('/agents', ['agents:echo:run'])).toEqual({ status: 403, body: FORBIDDEN })
})

test('the config contains only the components the caller may read', async () => {
  const { get } = await twoUpstreams()
  const { body } = await get('/config', ['config:read', 'agents:eu-echo:read', 'teams:read'])
  const config = body as Record<string, unknown>
  expect(ids(config['agents'])).toEqual(['eu-echo'])
  expect(ids(config['teams'])).toEqual(['eu-duo'])
  expect((await get('/config', ['agents:read'])).body).toEqual({
    detail: 'Insufficient permissions. Required scope(s): config:read',
  })
})

test('the legacy scope system:read opens the config', async () => {
  const { get } = await twoUpstreams()
  expect((await get('/config', ['system:read'])).status).toBe(200)
})

test('a scope for an id covers it at one upstream only', async () => {
  const { get, eu } = await twoUpstreams()
  const before = eu.requests.length
  const scopes = ['agents:echo:read', 'agents:echo:run']
  expect((await get('/agents/echo', scopes)).status).toBe(200)
  expect((await get('/agents/eu-echo', scopes)).status).toBe(403)
  expect((await get('/upstreams/eu/agents/echo', scopes)).status).toBe(403)
  expect((await get('/agents/echo', scopes, { 'x-agentos-upstream': 'eu' })).status).toBe(403)
  expect((await get('/agents/echo?upstream=eu', scopes)).status).toBe(403)
  expect((await get('/%61gents/eu-echo', scopes)).status).toBe(403)
  expect(eu.requests.slice(before)).toEqual([])
  expect((await get('/upstreams/eu/agents/echo', ['agents:eu-echo:read'])).status).toBe(200)
})

test('a list relayed whole requires the scope for all components', async () => {
  const { get } = await twoUpstreams()
  const scopes = ['agents:eu-echo:read', 'config:read']
  expect(await get('/upstreams/eu/agents', scopes)).toEqual({ status: 403, body: FORBIDDEN })
  expect((await get('/agents', scopes, { 'x-agentos-upstream': 'eu' })).status).toBe(403)
  expect((await get('/upstreams/eu/config', scopes)).status).toBe(403)
  expect((await get('/upstreams/eu/agents', ['agents:read'])).status).toBe(200)
})

test.each([
  '/gateway/status',
  '/upstreams/eu/slack/events',
  '/upstreams/eu',
  '/upstreams/eu/upstreams/us/agents',
  '/mcp',
])('%s requires the admin scope', async (path) => {
  const { get } = await twoUpstreams()
  const all = ['agents:read', 'config:read', 'agents:run', 'sessions:read']
  expect(await get(path, all)).toEqual({
    status: 403,
    body: { detail: 'Insufficient permissions. Required scope(s): agent_os:admin' },
  })
  const { status } = await get('/upstreams/nobody/agents', ['agent_os:admin'])
  expect(status).toBe(404)
})

test('a JSON run and a form run require the same scope', async () => {
  const { gateway, us } = await twoUpstreams()
  const before = us.requests.length
  const headers = bearer(tokenFor({ scopes: ['agents:echo:read'] }))
  const form = await run(`${gateway.url}/agents/echo/runs`, 'message=hi', headers)
  const json = await send(`${gateway.url}/agents/echo/runs`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{"message":"hi"}',
  })
  for (const answer of [form, json]) {
    expect([answer.status, await answer.json()]).toEqual([
      403,
      { detail: 'Insufficient permissions. Required scope(s): agents:run' },
    ])
  }
  expect(us.requests.slice(before)).toEqual([])
})

test("listing runs of a read-only agent is denied in AgentOS's words", async () => {
  const { get } = await twoUpstreams()
  expect(await get('/agents/echo/runs?session_id=s', ['agents:echo:read'])).toEqual({
    status: 403,
    body: { detail: 'Access denied to run this agent' },
  })
})
