import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { facesOf, postJson } from '../../support/faces.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const WELL_KNOWN = '.well-known/agent-card.json'
const ENFORCED = { auth: { ...JWT_AUTH, authorization: true } }

test('a card has the interfaces of both versions, at the public URL', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url, { public_url: 'https://agents.example.com/base' })
  const answer = await send(`${gateway.url}/a2a/agents/echo/${WELL_KNOWN}`)
  const url = 'https://agents.example.com/base/a2a/agents/echo/'
  expect(await answer.json()).toMatchObject({
    name: 'Name of echo',
    url,
    protocolVersion: '0.3.0',
    preferredTransport: 'JSONRPC',
    supportedInterfaces: [
      { url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      { url, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
    ],
    capabilities: { streaming: true, pushNotifications: false },
    skills: [{ id: 'echo', description: 'fake', inputModes: expect.any(Array) }],
  })
})

test('the only component has its card at the root', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = await send(`${gateway.url}/${WELL_KNOWN}`)
  expect(await answer.json()).toMatchObject({ name: 'Name of echo' })
})

test('of several components the default one has its card at the root', async () => {
  const upstream = await startAgentOs({ agents: ['one', 'two'] })
  const bare = await facesOf(upstream.url)
  const missing = await send(`${bare.url}/${WELL_KNOWN}`)
  expect(missing.status).toBe(404)
  expect(await missing.whole()).toContain('/.well-known/ai-catalog.json')
  const gateway = await facesOf(upstream.url, { faces: { a2a: { default: 'agent/two' } } })
  expect(await (await send(`${gateway.url}/${WELL_KNOWN}`)).json()).toMatchObject({
    name: 'Name of two',
  })
})

test('the catalogue holds the components that the caller may read', async () => {
  const upstream = await startAgentOs({ agents: ['echo', 'other'], teams: ['duo'] })
  const gateway = await facesOf(upstream.url, ENFORCED)
  const headers = bearer(tokenFor({ scopes: ['agents:echo:read'] }))
  const answer = await send(`${gateway.url}/.well-known/ai-catalog.json`, { headers })
  expect(await answer.json()).toMatchObject({
    specVersion: '1.0',
    entries: [
      {
        type: 'application/a2a-agent-card+json',
        url: `${gateway.url}/a2a/agents/echo/${WELL_KNOWN}`,
      },
    ],
  })
  const hidden = await send(`${gateway.url}/a2a/agents/other/${WELL_KNOWN}`, { headers })
  expect(hidden.status).toBe(404)
})

test('a Host header with a port alone still gives the catalogue', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const headers = { host: ':80' }
  const answer = await send(`${gateway.url}/.well-known/ai-catalog.json`, { headers })
  expect(answer.status).toBe(200)
})

test('a protected gateway says in its cards that it takes bearer tokens', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url, ENFORCED)
  const headers = bearer(tokenFor({ scopes: ['agents:read'] }))
  const answer = await send(`${gateway.url}/a2a/agents/echo/${WELL_KNOWN}`, { headers })
  expect(await answer.json()).toMatchObject({
    security: [{ bearer: [] }],
    securitySchemes: { bearer: { type: 'http', httpAuthSecurityScheme: { scheme: 'bearer' } } },
  })
})

test('a component that is excluded has neither card nor endpoint', async () => {
  const upstream = await startAgentOs({ agents: ['echo', 'inner'] })
  const gateway = await facesOf(upstream.url, { faces: { a2a: { exclude: ['inner'] } } })
  const card = await send(`${gateway.url}/a2a/agents/inner/${WELL_KNOWN}`)
  const body = { jsonrpc: '2.0', id: 1, method: 'GetTask', params: { id: 's.r' } }
  const called = await postJson(`${gateway.url}/a2a/agents/inner`, body)
  expect([card.status, called.status]).toEqual([404, 404])
  expect(await called.json()).toMatchObject({ id: 1, error: { message: 'Agent not found' } })
})

test.each(['/a2a/agents/echo', '/.well-known/agent-card.json'])(
  'without the face %s is a path of the upstream',
  async (path) => {
    const upstream = await startAgentOs()
    const gateway = await facesOf(upstream.url, { faces: {} })
    const answer = postJson(`${gateway.url}${path}`, {})
    ;(await upstream.next()).json({ detail: 'Not Found' }, 404)
    expect((await answer).status).toBe(404)
  },
)
