import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { apiKey, keyAuth } from '../../support/api-keys.ts'
import { run, send } from '../../support/client.ts'
import { eventText } from '../../support/fake-upstream.ts'
import { configOf, startGateway } from '../../support/gateway.ts'
import { connectedSocket } from '../../support/socket-client.ts'
import { startSocketUpstream } from '../../support/socket-upstream.ts'

const ADMIN = apiKey('admin')

/** Starts a gateway whose keys the test changes. */
async function changeable(url: string, ...keys: readonly { readonly entry: object }[]) {
  const documentWith = (all: readonly { readonly entry: object }[]) => ({
    upstreams: [{ name: 'a', url }],
    auth: keyAuth(ADMIN, ...all),
  })
  let document = documentWith(keys)
  const gateway = await startGateway(document, { ready: ['a'], load: () => configOf(document) })
  const reload = async (...changed: readonly { readonly entry: object }[]) => {
    document = documentWith(changed)
    const path = `${gateway.url}/gateway/reload`
    expect((await send(path, { method: 'POST', headers: ADMIN.headers })).status).toBe(200)
  }
  return { gateway, reload }
}

test('a removed key is refused on its own connection, and its stream continues', async () => {
  const ci = apiKey('ci', { scopes: ['agents:run', 'agents:read'] })
  const upstream = await startAgentOs({ agents: ['echo'] })
  const { gateway, reload } = await changeable(upstream.url, ci)
  const answering = run(`${gateway.url}/agents/echo/runs`, 'message=x', ci.headers)
  const stream = (await upstream.next()).events()
  const answer = await answering
  await reload()
  const again = await send(`${gateway.url}/agents`, { headers: ci.headers })
  expect([again.status, await again.json()]).toEqual([401, { detail: 'Invalid API key' }])
  stream.end(eventText({ event: 'RunCompleted', run_id: 'r' }))
  expect(await answer.whole()).toContain('RunCompleted')
  expect(await gateway.log.access('/agents/echo/runs')).toMatchObject({ key: 'ci', status: 200 })
})

test('a rotation accepts both keys until the old digest is removed', async () => {
  const [old, next] = [apiKey('ci'), apiKey('ci')]
  const upstream = await startAgentOs()
  const { gateway, reload } = await changeable(upstream.url, old)
  const statuses = () =>
    Promise.all(
      [old, next].map(
        async ({ headers }) => (await send(`${gateway.url}/agents`, { headers })).status,
      ),
    )
  expect(await statuses()).toEqual([200, 401])
  await reload({ entry: { ...old.entry, sha256: [old.entry.sha256, next.entry.sha256] } })
  expect(await statuses()).toEqual([200, 200])
  await reload(next)
  expect(await statuses()).toEqual([401, 200])
})

test('an open WebSocket follows the rights of its key and ends with it', async () => {
  const ci = apiKey('ci', { scopes: ['workflows:read'] })
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const { gateway, reload } = await changeable(upstream.url, ci)
  const client = await connectedSocket(gateway.url)
  expect(await client.ask({ action: 'authenticate', token: ci.key })).toMatchObject({
    event: 'authenticated',
  })
  expect(await client.next()).toMatchObject({ event: 'authenticated', user_id: null })
  const command = { action: 'start-workflow', workflow_id: 'flow', message: 'x' }
  const denied = { error: 'Insufficient permissions to run this workflow' }
  expect(await client.ask(command)).toMatchObject(denied)
  await reload({ entry: { ...ci.entry, scopes: ['workflows:run'] } })
  client.say(command)
  const end = await upstream.next()
  await end.start('r')
  expect(await client.nextEvent()).toMatchObject({ event: 'WorkflowStarted' })
  expect(JSON.stringify(end.request.rawHeaders)).not.toContain(ci.key)
  await reload()
  expect(await client.ask(command)).toEqual({
    event: 'auth_error',
    error: 'Invalid API key',
    error_type: 'invalid_token',
  })
  client.socket.close()
  expect(await gateway.log.access('/workflows/ws')).toMatchObject({ key: 'ci', status: 101 })
})
