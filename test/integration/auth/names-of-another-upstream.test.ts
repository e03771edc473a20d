/** Names that mean one component at the gateway and another one at the upstream that gets the request. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { connectedSocket } from '../../support/socket-client.ts'
import { startSocketUpstream } from '../../support/socket-upstream.ts'
import { bearer, JWT_AUTH, tokenFor } from '../../support/tokens.ts'

const AUTH = { ...JWT_AUTH, authorization: true }
const SCOPES = [
  'evals:write',
  'schedules:write',
  'filesystem:read',
  'agents:x:run',
  'agents:x:read',
]
const DATABASES = { databases: ['db'], evals: { dbs: [{ db_id: 'db', domain_config: {} }] } }

/** Upstream `a` has agents that the gateway does not show; `x` at the gateway is `y` of `b`. */
async function twoUpstreams() {
  const start = (config: Readonly<Record<string, unknown>>) =>
    startAgentOs({ agents: ['x', 'y'], config }, (_request, response, message) => {
      message.resume().on('end', () => response.end('{}'))
    })
  const [a, b] = [await start(DATABASES), await start({})]
  const gateway = await startGateway({
    upstreams: [
      { name: 'a', url: a.url, discover: false },
      { name: 'b', url: b.url, discover: false },
    ],
    agents: [{ upstream: 'b', agent_id: 'y', id: 'x' }],
    auth: AUTH,
  })
  const { discovery } = gateway.app.engine.current
  await expect.poll(() => discovery.current.databases.ownersOf('db').length).toBe(1)
  return { a, b, gateway }
}

test.each([
  ['POST', '/upstreams/a/eval-runs', '{"agent_id":"x"}'],
  ['POST', '/upstreams/a/eval-runs', '{"agent_id":"y"}'],
  ['POST', '/eval-runs?upstream=a', '{"agent_id":"x"}'],
  ['POST', '/eval-runs?upstream=a', '{"agent_id":"y"}'],
  ['POST', '/eval-runs?db_id=db', '{"agent_id":"y"}'],
  ['POST', '/upstreams/b/eval-runs', '{"agent_id":"x"}'],
  ['POST', '/schedules?upstream=a', '{"endpoint":"/agents/x/runs"}'],
  ['PATCH', '/upstreams/a/schedules/s', '{"endpoint":"/agents/x/runs","method":"POST"}'],
  ['GET', '/upstreams/a/filesystem/files?agent_id=x', ''],
  ['GET', '/filesystem/files?agent_id=y&upstream=a', ''],
  ['GET', '/filesystem/files?agent_id=y', ''],
])('%s %s with %s is denied for an agent that no scope names', async (method, path, body) => {
  const { a, b, gateway } = await twoUpstreams()
  const headers = { ...bearer(tokenFor({ scopes: SCOPES })), 'content-type': 'application/json' }
  const answer = await send(gateway.url + path, { method, headers, body })
  expect(answer.status).toBe(403)
  const [route = ''] = path.replace(/^\/upstreams\/\w/, '').split('?')
  const got = [...a.requests, ...b.requests].filter(({ url }) => url.startsWith(route))
  expect(got).toEqual([])
})

test.each([
  ['POST', '/eval-runs?db_id=db', '{"agent_id":"x"}'],
  ['POST', '/eval-runs', '{"agent_id":"x"}'],
  ['POST', '/upstreams/b/eval-runs', '{"agent_id":"y"}'],
  ['POST', '/schedules', '{"endpoint":"/agents/x/runs"}'],
  ['GET', '/filesystem/files?agent_id=x', ''],
])('%s %s with %s reaches only the owner of the agent', async (method, path, body) => {
  const { a, b, gateway } = await twoUpstreams()
  const headers = { ...bearer(tokenFor({ scopes: SCOPES })), 'content-type': 'application/json' }
  const answer = await send(gateway.url + path, { method, headers, body })
  expect(answer.status).toBe(200)
  const [route = ''] = path.replace(/^\/upstreams\/\w/, '').split('?')
  const sent = b.requests.filter(({ url }) => url.startsWith(route))
  expect(sent.map(({ url, body: bytes }) => `${url} ${bytes}`)).toEqual([
    expect.stringContaining('y'),
  ])
  expect(a.requests.filter(({ url }) => url.startsWith(route))).toEqual([])
})

test('a WebSocket message runs no workflow that no scope of its sender names', async () => {
  const [a, b] = [await startSocketUpstream({}), await startSocketUpstream({})]
  const gateway = await startGateway({
    upstreams: [
      { name: 'a', url: a.url, discover: false },
      { name: 'b', url: b.url, discover: false },
    ],
    workflows: [{ upstream: 'b', workflow_id: 'y', id: 'x' }],
    auth: AUTH,
  })
  const token = tokenFor({ scopes: ['workflows:x:run'] })
  const answersTo = async (path: string, id: string) => {
    const client = await connectedSocket(gateway.url, { path })
    await client.ask({ action: 'authenticate', token })
    await client.next()
    return client.ask({ action: 'continue-workflow', workflow_id: id, run_id: 'r' })
  }
  const refused = { event: 'error', error: 'Insufficient permissions to continue this workflow' }
  expect(await answersTo('/upstreams/a/workflows/ws', 'x')).toEqual(refused)
  expect(await answersTo('/upstreams/a/workflows/ws', 'y')).toEqual(refused)
  expect(await answersTo('/workflows/ws', 'y')).toEqual(refused)
  expect([a.waiting, b.waiting]).toEqual([0, 0])
})
