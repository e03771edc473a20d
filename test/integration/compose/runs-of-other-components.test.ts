/** Tests that a scope for one composed component gives no access to the runs of another one, also of the same subject. */
import { expect, test } from 'vitest'
import { startComposing } from '../../support/composer.ts'
import { connectedSocket } from '../../support/socket-client.ts'
import { JWT_AUTH, tokenFor } from '../../support/tokens.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

const DOCUMENT = {
  auth: { ...JWT_AUTH, authorization: true },
  models: { m: { base_url: 'http://127.0.0.1:9/v1', model: 'x' } },
  teams: [{ id: 'gated', model: 'm', members: [{ agent: 'echo' }] }],
  workflows: [
    { id: 'w', steps: [{ name: 'a', agent: 'echo' }] },
    { id: 'gated', steps: [{ name: 'a', agent: 'gate' }] },
  ],
}
const ALL = tokenFor({ sub: 'ann', scopes: ['workflows:run', 'workflows:read', 'agents:run'] })
const ONE = tokenFor({
  sub: 'ann',
  scopes: ['workflows:w', 'teams:gated'].flatMap((name) => [`${name}:run`, `${name}:read`]),
})

async function start() {
  const scripted = await startScripted()
  const upstreams = [{ name: 'one', url: scripted.upstream.url }]
  const { url } = await startComposing({ upstreams, ...DOCUMENT })
  const call = async (path: string, token: string, fields?: Record<string, string>) => {
    const headers = { authorization: `Bearer ${token}` }
    const post = fields && { method: 'POST', body: new URLSearchParams(fields) }
    const response = await fetch(url + path, { headers, ...post })
    return { status: response.status, text: await response.text() }
  }
  const run = { message: 'hidden', session_id: 's', stream: 'false', background: 'true' }
  const started = await call('/workflows/gated/runs', ALL, { ...run, run_id: 'r' })
  expect(started.status).toBe(202)
  return { scripted, url, call }
}

test('a run is not read, followed, continued or cancelled through another component', async () => {
  const { scripted, call } = await start()
  const own = '/workflows/gated/runs/r?session_id=s'
  for (const path of ['/workflows/w/runs/r', '/teams/gated/runs/r']) {
    expect((await call(`${path}?session_id=s`, ONE)).status).toBe(404)
    expect((await call(`${path}/continue`, ONE, { session_id: 's' })).status).toBe(404)
    const resumed = await call(`${path}/resume`, ONE, { last_event_index: '-1' })
    expect(resumed.text).toContain('not found in buffer or database')
    expect(resumed.text).not.toContain('hidden')
    expect((await call(`${path}/cancel`, ONE, {})).text).toBe('{}')
    expect((await call(own, ALL)).text).toContain('RUNNING')
  }
  scripted.release('gate')
  await expect.poll(async () => (await call(own, ALL)).text).toContain('COMPLETED')
})

test('a socket follows no run of another workflow than the one it names', async () => {
  const { url, scripted } = await start()
  const socket = await connectedSocket(url)
  socket.say({ action: 'authenticate', token: ONE })
  socket.say({ action: 'reconnect', workflow_id: 'w', run_id: 'r', last_event_index: -1 })
  const events = []
  do events.push(await socket.next())
  while (events.at(-1)?.['event'] !== 'error')
  expect(String(events.at(-1)?.['error'])).toContain('not found in buffer or database')
  expect(JSON.stringify(events)).not.toContain('hidden')
  scripted.release('gate')
})

test('the runs of a session are listed for their own component only', async () => {
  const { call } = await start()
  const run = { message: 'x', session_id: 's', stream: 'false', run_id: 'q' }
  expect((await call('/workflows/w/runs', ALL, run)).status).toBe(200)
  const { text } = await call('/workflows/gated/runs?session_id=s', ALL)
  expect(JSON.parse(text)).toMatchObject([{ run_id: 'r' }])
})

test('an administrator whose scopes are one text sees the runs of every user', async () => {
  const { call } = await start()
  const admin = tokenFor({ sub: 'root', scopes: 'agent_os:admin other' })
  expect((await call('/workflows/gated/runs/r?session_id=s', admin)).status).toBe(200)
})

test('a run whose depth in the head is no plain number is refused', async () => {
  const scripted = await startScripted()
  const upstreams = [{ name: 'one', url: scripted.upstream.url }]
  const { workflows } = DOCUMENT
  const { url } = await startComposing({ upstreams, ...{ workflows } })
  for (const depth of ['-9', '-1e9', '0x0', '1.5', 'NaN', '']) {
    const body = new URLSearchParams({ message: 'x' })
    const headers = { 'x-agentos-depth': depth }
    const answer = await fetch(`${url}/workflows/w/runs`, { method: 'POST', headers, body })
    expect(answer.status, depth).toBe(508)
  }
})
