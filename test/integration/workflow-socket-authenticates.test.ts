import { expect, onTestFinished, test, vi } from 'vitest'
import { configOf, gatewayOf, startGateway } from '../support/gateway.ts'
import { connectedSocket, openSocket } from '../support/socket-client.ts'
import { startSocketUpstream } from '../support/socket-upstream.ts'
import { JWT_AUTH, SECRET, tokenFor } from '../support/tokens.ts'

const JWT = { auth: JWT_AUTH }
const locked = () =>
  startSocketUpstream({ workflows: ['flow'], info: { auth_mode: 'jwt' } }, { requiresAuth: true })

test('a socket requires a token when the gateway does', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const gateway = await gatewayOf({ a: upstream.url }, JWT)
  const client = openSocket(gateway.url)
  expect(await client.next()).toMatchObject({ event: 'connected', requires_auth: true })
  expect(await client.ask({ action: 'ping' })).toEqual({
    event: 'auth_required',
    error: 'Authentication required. Send authenticate action with valid JWT.',
  })
  expect(await client.ask({ action: 'authenticate' })).toEqual({
    event: 'auth_error',
    error: 'Token is required',
  })
})

test('a valid token is accepted and forwarded to the upstream in use', async () => {
  const upstream = await locked()
  const gateway = await gatewayOf({ a: upstream.url }, JWT)
  const client = await connectedSocket(gateway.url)
  const token = tokenFor({ sub: 'u1' })
  expect(await client.ask({ action: 'authenticate', token })).toEqual({
    event: 'authenticated',
    message: 'Authentication successful. You can now send commands.',
  })
  expect(await client.next()).toEqual({
    event: 'authenticated',
    message: 'JWT authentication successful.',
    user_id: 'u1',
  })
  client.say({ action: 'start-workflow', workflow_id: 'flow' })
  const end = await upstream.next()
  expect(await end.next()).toEqual({ action: 'authenticate', token })
  end.say({ event: 'authenticated', message: 'Authentication successful.' })
  end.say({ event: 'authenticated', message: 'JWT authentication successful.', user_id: 'u1' })
  await end.start('r')
  expect(await client.nextEvent()).toMatchObject({ event: 'WorkflowStarted' })
})

test.each([
  ['an expired token', { exp: 1 }, SECRET, 'Signature has expired', 'expired'],
  ['a forged token', {}, 'another', 'Signature verification failed', 'invalid_token'],
])("%s is refused in AgentOS's words", async (_what, claims, secret, error, error_type) => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const gateway = await gatewayOf({ a: upstream.url }, JWT)
  const client = await connectedSocket(gateway.url)
  const token = tokenFor(claims, secret)
  expect(await client.ask({ action: 'authenticate', token })).toEqual({
    event: 'auth_error',
    error,
    error_type,
  })
})

test.each(['start-workflow', 'continue-workflow', 'reconnect'])(
  'A token that expires on an open socket sends no further %s',
  async (action) => {
    const upstream = await startSocketUpstream({ workflows: ['flow'] })
    const gateway = await gatewayOf({ a: upstream.url }, JWT)
    const client = await connectedSocket(gateway.url)
    const exp = Math.floor(Date.now() / 1000) + 3_600
    await client.ask({ action: 'authenticate', token: tokenFor({ exp }) })
    await client.next()
    vi.useFakeTimers({ toFake: ['Date'], now: (exp + 60) * 1000 })
    onTestFinished(() => void vi.useRealTimers())
    const command = { action, workflow_id: 'flow', run_id: 'r', session_id: 's', message: 'x' }
    expect(await client.ask(command)).toEqual({
      event: 'auth_error',
      error: 'Signature has expired',
      error_type: 'expired',
    })
    const token = tokenFor({ exp: exp + 3_600 })
    expect(await client.ask({ action: 'authenticate', token })).toMatchObject({
      event: 'authenticated',
    })
    await client.next()
    client.say({ action: 'start-workflow', workflow_id: 'flow' })
    await upstream.next()
  },
)

test('an open socket requires a token after a reload that turns authentication on', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const upstreams = [{ name: 'a', url: upstream.url }]
  const gateway = await startGateway(
    { upstreams },
    { ready: ['a'], load: () => configOf({ upstreams, ...JWT }) },
  )
  const client = await connectedSocket(gateway.url)
  await gateway.app.reload()
  const start = { action: 'start-workflow', workflow_id: 'flow', message: 'x' }
  expect(await client.ask(start)).toMatchObject({ event: 'auth_required' })
  await client.ask({ action: 'authenticate', token: tokenFor() })
  await client.next()
  client.say(start)
  await upstream.next()
})

test('a socket command requires the scope for its workflow', async () => {
  const upstream = await startSocketUpstream({ workflows: ['mine', 'yours'] })
  const gateway = await gatewayOf(
    { a: upstream.url },
    { auth: { ...JWT.auth, authorization: true } },
  )
  const client = await connectedSocket(gateway.url)
  await client.ask({ action: 'authenticate', token: tokenFor({ scopes: ['workflows:mine:run'] }) })
  await client.next()
  expect(await client.ask({ action: 'start-workflow', workflow_id: 'yours' })).toEqual({
    event: 'error',
    error: 'Insufficient permissions to run this workflow',
  })
  expect(await client.ask({ action: 'reconnect', run_id: 'r' })).toEqual({
    event: 'error',
    error: 'Insufficient permissions to reconnect to this workflow',
  })
  client.say({ action: 'start-workflow', workflow_id: 'mine' })
  expect(await (await upstream.next()).next()).toMatchObject({ action: 'authenticate' })
})

test('repeated invalid tokens close the socket', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const gateway = await gatewayOf({ a: upstream.url }, JWT)
  const client = await connectedSocket(gateway.url)
  for (let i = 0; i < 6; i++) client.say({ action: 'authenticate', token: 'a.b.c' })
  expect(await client.closed).toBe(1008)
})

test('the only upstream judges tokens when the gateway requires none', async () => {
  const upstream = await locked()
  const gateway = await gatewayOf({ a: upstream.url })
  const client = openSocket(gateway.url)
  expect(await client.next()).toMatchObject({ requires_auth: true })
  client.say({ action: 'authenticate', token: 't' })
  const end = await upstream.next()
  expect(await end.next()).toEqual({ action: 'authenticate', token: 't' })
  end.say({ event: 'auth_error', error: 'Not enough segments', error_type: 'invalid_token' })
  expect(await client.next()).toMatchObject({ event: 'auth_error', error: 'Not enough segments' })
})

test('any token is accepted when several upstreams judge it later', async () => {
  const [a, b] = await Promise.all([locked(), locked()])
  const gateway = await gatewayOf({ a: a.url, b: b.url })
  const client = await connectedSocket(gateway.url)
  expect(await client.ask({ action: 'authenticate', token: 't' })).toMatchObject({
    event: 'authenticated',
  })
  expect([a.waiting, b.waiting]).toEqual([0, 0])
})

test('a token is never forwarded to upstreams with their own credentials', async () => {
  const a = await startSocketUpstream({ workflows: ['flow-a'] })
  const b = await startSocketUpstream({ workflows: ['flow-b'] })
  const upstreams = [
    { name: 'a', url: a.url, credentials: 'none' },
    { name: 'b', url: b.url, credentials: { bearer: 'its-own' } },
  ]
  const gateway = await startGateway({ upstreams }, { ready: ['a', 'b'] })
  const client = await connectedSocket(gateway.url, { headers: { authorization: 'Bearer mine' } })
  await client.ask({ action: 'authenticate', token: 'mine' })
  client.say({ action: 'start-workflow', workflow_id: 'flow-a' })
  client.say({ action: 'start-workflow', workflow_id: 'flow-b' })
  const [atA, atB] = await Promise.all([a.next(), b.next()])
  expect(await atA.next()).toMatchObject({ action: 'start-workflow' })
  expect(await atB.next()).toEqual({ action: 'authenticate', token: 'its-own' })
  expect(atA.request.headers.authorization).toBeUndefined()
  expect(atB.request.headers.authorization).toBe('Bearer its-own')
})

test("the handshake carries the upstream's headers and not the page's", async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const upstreams = [{ name: 'a', url: upstream.url, headers: { 'x-key': 'k' } }]
  const gateway = await startGateway({ upstreams }, { ready: ['a'] })
  const headers = { origin: 'https://os.agno.com', 'x-key': 'mine', traceparent: '00-ab-cd-01' }
  const client = await connectedSocket(gateway.url, { headers })
  client.say({ action: 'start-workflow', workflow_id: 'flow' })
  const { request } = await upstream.next()
  expect(request.headers).toMatchObject({ 'x-key': 'k', traceparent: '00-ab-cd-01' })
  expect(request.headers).toHaveProperty('x-request-id')
  expect(request.headers.origin).toBeUndefined()
})
