import { expect, test } from 'vitest'
import { send } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'
import { connectedSocket, openSocket, refusedSocket } from '../support/socket-client.ts'
import { startSocketUpstream } from '../support/socket-upstream.ts'

async function open() {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const gateway = await gatewayOf({ a: upstream.url })
  return { upstream, gateway }
}

test('a new socket receives connected and whether a token is required', async () => {
  const { gateway } = await open()
  const client = openSocket(gateway.url)
  expect(await client.next()).toEqual({
    event: 'connected',
    message: 'Connected to AgentOS.',
    requires_auth: false,
  })
})

test('the gateway answers ping without an upstream', async () => {
  const { gateway, upstream } = await open()
  const client = await connectedSocket(gateway.url)
  expect(await client.ask({ action: 'ping' })).toEqual({ event: 'pong' })
  expect(upstream.waiting).toBe(0)
})

test.each([
  [{ action: 'nope' }, 'Unknown action: nope'],
  [{}, 'Unknown action: None'],
  [{ action: 'start-workflow' }, 'workflow_id is required'],
  [{ action: 'continue-workflow', run_id: 'r' }, 'workflow_id is required'],
  [{ action: 'continue-workflow', workflow_id: 'flow' }, 'run_id is required'],
  [{ action: 'reconnect' }, 'run_id is required for subscription'],
  [{ action: 'start-workflow', workflow_id: 'gone' }, 'Workflow gone not found'],
  ['no json', 'Invalid JSON'],
  ['[]', 'Invalid JSON'],
  ['\ufeff{"action":"ping"}', 'Invalid JSON'],
])("the message %j is answered in AgentOS's words", async (message, error) => {
  const { gateway } = await open()
  const client = await connectedSocket(gateway.url)
  expect(await client.ask(message)).toEqual({ event: 'error', error })
  expect(await client.ask({ action: 'ping' })).toEqual({ event: 'pong' })
})

test('answers keep the order of commands despite upstream look-ups', async () => {
  const { gateway } = await open()
  const client = await connectedSocket(gateway.url)
  client.say({ action: 'start-workflow', workflow_id: 'gone' })
  client.say({ action: 'ping' })
  expect(await client.next()).toMatchObject({ event: 'error' })
  expect(await client.next()).toEqual({ event: 'pong' })
})

test('binary frames and oversized messages close the socket', async () => {
  const { upstream } = await open()
  const gateway = await gatewayOf({ a: upstream.url }, { max_message_size: '2KiB' })
  const binary = await connectedSocket(gateway.url)
  binary.socket.send(Buffer.from('{"action":"ping"}'), { binary: true })
  expect(await binary.closed).toBe(1003)
  const large = await connectedSocket(gateway.url)
  large.say({ action: 'ping', padding: 'x'.repeat(2048) })
  expect(await large.closed).toBe(1009)
})

test('programs and pages of allowed origins may open a socket', async () => {
  const { gateway } = await open()
  const page = await connectedSocket(gateway.url, { headers: { origin: 'https://os.agno.com' } })
  expect(await page.ask({ action: 'ping' })).toEqual({ event: 'pong' })
  const headers = { origin: 'https://evil.example' }
  expect(await refusedSocket(gateway.url, { headers })).toBe(403)
})

test('a request to /workflows/ws without upgrade answers 404', async () => {
  const { gateway } = await open()
  const answer = await send(`${gateway.url}/workflows/ws`)
  expect(answer.status).toBe(404)
  expect(await answer.json()).toEqual({ detail: 'Workflow not found' })
})

test('an offered upgrade to HTTP/2 is ignored', async () => {
  const { gateway } = await open()
  const headers = {
    connection: 'Upgrade, HTTP2-Settings',
    upgrade: 'h2c',
    'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA',
  }
  const answer = await send(`${gateway.url}/health`, { headers })
  expect(await answer.json()).toMatchObject({ status: 'ok' })
})

test('a socket is logged in one line after its end', async () => {
  const { gateway, upstream } = await open()
  const client = await connectedSocket(gateway.url)
  client.say({ action: 'start-workflow', workflow_id: 'flow' })
  const end = await upstream.next()
  await end.start('r1')
  await client.nextEvent()
  client.socket.close(1000)
  expect(await gateway.log.access('/workflows/ws')).toMatchObject({
    status: 101,
    upstream: 'a',
    closeCode: 1000,
    runs: 1,
    framesIn: 1,
    framesOut: 2,
  })
})
