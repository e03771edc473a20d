/** Tests who may do what by the MCP face: tokens, scopes, challenges, limits and metadata. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { HI } from '../../support/faces.ts'
import { callTool, LEGACY, mcpOf, resultOf, rpc } from '../../support/mcp.ts'
import { scrape } from '../../support/scrape.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const ENFORCED = { auth: { ...JWT_AUTH, authorization: true } }
const ISSUER = 'https://issuer.example.com'
const withScopes = (...scopes: string[]) => ({ headers: bearer(tokenFor({ scopes })) })
const ECHO = { agent_id: 'echo', message: 'hello' }
const namesOf = async (answer: ReturnType<typeof rpc>) =>
  ((await resultOf(answer))['tools'] as { name: string }[]).map(({ name }) => name).slice(8)

test('A 401 names the address of the metadata', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url, {
    ...ENFORCED,
    public_url: 'https://gw.example.com/base',
  })
  const answer = await rpc(gateway, 'tools/list')
  expect([answer.status, answer.headers['www-authenticate']]).toEqual([
    401,
    'Bearer resource_metadata="https://gw.example.com/.well-known/oauth-protected-resource/base/mcp"',
  ])
  expect(await answer.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32_000 }, id: null })
})

test('The metadata is open and names the public URL and the issuers', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url, {
    ...ENFORCED,
    public_url: 'https://gw.example.com',
    faces: { mcp: { authorization_servers: [ISSUER] } },
  })
  for (const path of ['', '/mcp']) {
    const answer = await send(`${gateway.url}/.well-known/oauth-protected-resource${path}`)
    expect(await answer.json()).toMatchObject({
      resource: 'https://gw.example.com/mcp',
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
    })
  }
  expect(await (await send(`${gateway.url}/info`)).json()).toMatchObject({
    mcp: { oauth: { authorization_servers: [ISSUER], resource: 'https://gw.example.com/mcp' } },
  })
})

test('Without authentication there is no metadata', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const answer = await send(`${gateway.url}/.well-known/oauth-protected-resource/mcp`)
  expect(answer.status).toBe(404)
})

test.each([
  [['agents:read'], 403],
  [['agents:other:run'], 404],
  [['teams:run', 'teams:read'], 404],
  [[], 404],
])('Scopes %j give the error %i before anything is sent', async (scopes, status) => {
  const upstream = await startAgentOs({ agents: ['echo', 'other'] })
  const gateway = await mcpOf(upstream.url, ENFORCED)
  const caller = withScopes(...scopes)
  const calls = [
    callTool(gateway, 'run_agent', ECHO, caller),
    callTool(gateway, 'echo', { message: 'x' }, { ...caller, revision: LEGACY }),
    callTool(gateway, 'continue_run', { agent_id: 'echo', run_id: 'r', session_id: 's' }, caller),
    callTool(gateway, 'cancel_run', { agent_id: 'echo', run_id: 'r' }, caller),
  ]
  for (const call of calls) {
    expect(await resultOf(call)).toMatchObject({
      isError: true,
      structuredContent: { error: { status } },
    })
  }
  expect(upstream.waiting).toBe(0)
})

test('With authorization servers a missing scope is a challenge', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url, {
    ...ENFORCED,
    faces: { mcp: { authorization_servers: [ISSUER] } },
  })
  const caller = { ...withScopes('agents:read'), id: 7 }
  const calls = [
    ['run_agent', ECHO, 'agents:echo:run'],
    ['get_sessions', {}, 'sessions:read'],
    ['get_agentos_config', {}, 'config:read'],
  ] as const
  for (const [name, args, scope] of calls) {
    const answer = await callTool(gateway, name, args, caller)
    expect(answer.status).toBe(403)
    expect(answer.headers['www-authenticate']).toMatch(
      `Bearer error="insufficient_scope", scope="${scope}", resource_metadata="`,
    )
    expect(await answer.json()).toMatchObject({ error: { code: -32_000 }, id: 7 })
  }
})

test('The list holds the components that the caller may see and run', async () => {
  const upstream = await startAgentOs({ agents: ['echo', 'other'], teams: ['duo'] })
  const gateway = await mcpOf(upstream.url, ENFORCED)
  const list = (...scopes: string[]) =>
    namesOf(rpc(gateway, 'tools/list', {}, withScopes(...scopes)))
  expect(await list('agents:echo:read', 'agents:run')).toEqual(['echo'])
  expect(await list('agents:read', 'agents:other:run')).toEqual(['other'])
  expect(await list('agents:read')).toEqual([])
  expect(await list('agents:run', 'agents:read', 'teams:run', 'teams:read')).toEqual([
    'echo',
    'other',
    'duo',
  ])
  const result = await resultOf(rpc(gateway, 'tools/list', {}, withScopes()))
  expect(result).toMatchObject({ cacheScope: 'private' })
})

test('The scope of one agent runs that agent as its subject', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url, ENFORCED)
  const { headers } = withScopes('agents:echo:run')
  const answer = callTool(gateway, 'run_agent', { ...ECHO, user_id: 'somebody' }, { headers })
  const exchange = await upstream.next()
  const form = new URLSearchParams((await exchange.body()).toString())
  expect(form.get('user_id')).toBe('u1')
  exchange.events().end(HI)
  expect(await resultOf(answer)).not.toHaveProperty('isError')
})

test('A caller that may not read a run continues it by its requirements', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url, ENFORCED)
  const requirements = [
    {
      id: 'q',
      confirmation: true,
      tool_execution: { tool_call_id: 'c', tool_name: 'pay', requires_confirmation: true },
    },
  ]
  const args = { agent_id: 'echo', run_id: 'r-1', session_id: 's-1', requirements }
  const answer = callTool(gateway, 'continue_run', args, withScopes('agents:echo:run'))
  const exchange = await upstream.next()
  expect(exchange.request.url).toBe('/agents/echo/runs/r-1/continue')
  const form = new URLSearchParams((await exchange.body()).toString())
  expect(JSON.parse(form.get('tools') ?? '')).toMatchObject([
    { tool_call_id: 'c', confirmed: true },
  ])
  exchange.events().end(HI)
  expect(await resultOf(answer)).toMatchObject({ structuredContent: { status: 'COMPLETED' } })
})

test.each([
  [{ max_parallel_runs: { component: 1 } }, 'AGW_TOO_MANY_RUNS'],
  [{ rate_limit: [{ max: 1, window: '1h', by: 'component' }] }, 'AGW_RATE_LIMITED'],
])('With %j a second run is refused', async (limit, code) => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url, limit)
  const first = callTool(gateway, 'run_agent', ECHO)
  const exchange = await upstream.next()
  expect(await resultOf(callTool(gateway, 'echo', { message: 'x' }))).toMatchObject({
    isError: true,
    structuredContent: { error: { status: 429, code } },
  })
  exchange.events().end(HI)
  await (await first).whole()
})

test('Metrics and the access log name the face and the component', async () => {
  const upstream = await startAgentOs()
  const gateway = await mcpOf(upstream.url)
  const answer = callTool(gateway, 'run_agent', ECHO)
  ;(await upstream.next()).events().end(HI)
  await (await answer).whole()
  const line = await gateway.log.access('/mcp')
  expect(line).toMatchObject({ face: 'mcp', component: 'agents/echo', upstream: 'a', runId: 'r-1' })
  expect((await scrape(gateway)).text).toMatch(/face="mcp"/)
})
