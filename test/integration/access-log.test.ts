import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run, send } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import { startGateway } from '../support/gateway.ts'

const SECRETS = {
  jwt: 'jwt-secret-long-enough-for-an-hs256-key',
  config: 'secret-config-token',
  bearer: 'secret-bearer-token',
  caller: 'secret-caller-token',
  cookie: 'secret-cookie',
  query: 'secret-in-query',
  message: 'secret-message',
  password: 'secret-password',
}

async function open(document: object = {}) {
  const upstream = await startAgentOs({ agents: ['echo'] })
  const gateway = await startGateway(
    { upstreams: [{ name: 'a', url: upstream.url, config_token: SECRETS.config }], ...document },
    { ready: ['a'] },
  )
  return { upstream, gateway, path: '/agents/echo/runs' }
}

describe('lines of the access log', () => {
  test('a run is logged in one line with all its fields', async () => {
    const { upstream, gateway, path } = await open()
    const answering = run(`${gateway.url}${path}?session_id=s`)
    ;(await upstream.next()).json({ run_id: 'r-9', content: 'hi' })
    const answer = await answering
    expect(await gateway.log.access(path)).toEqual({
      area: 'access',
      level: 30,
      time: expect.any(Number),
      pid: expect.any(Number),
      hostname: expect.any(String),
      msg: 'request',
      requestId: answer.headers['x-request-id'],
      method: 'POST',
      path,
      status: 200,
      upstream: 'a',
      component: 'agents/echo',
      runId: 'r-9',
      bytes: 31,
      durationMs: expect.any(Number),
      client: '127.0.0.1',
    })
  })

  test('a stream is logged in one line after its end', async () => {
    const { upstream, gateway, path } = await open()
    const answering = run(gateway.url + path)
    const stream = (await upstream.next()).events()
    const event = eventText({ event: 'RunStarted', run_id: 'r-1' })
    stream.write(event)
    const answer = await answering
    await answer.event()
    expect(gateway.log.lines.some(({ msg }) => msg === 'request')).toBe(false)
    stream.end()
    await answer.isWhole
    expect(await gateway.log.access(path)).toMatchObject({
      status: 200,
      stream: true,
      runId: 'r-1',
      bytes: event.length,
    })
  })

  test("the gateway's own answers and refusals are logged with their error", async () => {
    const { gateway } = await open()
    await send(`${gateway.url}/agents/echo`)
    await send(`${gateway.url}/agents/nobody`)
    await send(`${gateway.url}/agents/%zz`)
    expect(await gateway.log.access('/agents/echo')).toMatchObject({
      status: 200,
      upstream: 'a',
      component: 'agents/echo',
    })
    expect(await gateway.log.access('/agents/nobody')).toMatchObject({
      status: 404,
      error: 'AGW_COMPONENT_NOT_FOUND',
    })
    expect(await gateway.log.access('/agents/%zz')).toMatchObject({
      status: 400,
      error: 'AGW_INVALID_PATH',
    })
  })

  test('a caller that disconnects early is logged once with status 499', async () => {
    const { upstream, gateway, path } = await open()
    const answering = run(gateway.url + path).catch(() => undefined)
    const exchange = await upstream.next()
    gateway.app.server.closeAllConnections()
    expect(await answering).toBeUndefined()
    expect(await exchange.request.closed).toBe(false)
    const lines = gateway.log.lines.filter(({ msg }) => msg === 'request')
    expect(await gateway.log.access(path)).toMatchObject({
      status: 499,
      error: 'AGW_CLIENT_CLOSED',
    })
    expect(lines.length).toBeLessThanOrEqual(1)
  })
})

test('no secret reaches the log, an answer or an error', async () => {
  const { upstream, gateway, path } = await open()
  const texts: string[] = []
  const headers = {
    authorization: `Bearer ${SECRETS.caller}`,
    cookie: `session=${SECRETS.cookie}`,
    'x-api-key': SECRETS.password,
  }
  const answering = run(
    `${gateway.url}${path}?token=${SECRETS.query}`,
    `message=${SECRETS.message}`,
    headers,
  )
  const exchange = await upstream.next()
  exchange.message.socket.destroy()
  texts.push(await (await answering).whole())
  for (const target of ['/agents', '/config', '/agents/nobody', '/agents/%zz']) {
    const answer = await send(`${gateway.url}${target}?token=${SECRETS.query}`, { headers })
    texts.push(JSON.stringify(answer.headers), await answer.whole())
  }
  await gateway.log.access('/agents/%zz')
  for (const secret of Object.values(SECRETS)) {
    expect(gateway.log.text).not.toContain(secret)
    expect(texts.join('\n')).not.toContain(secret)
  }
  expect(texts.join('\n')).not.toContain(upstream.url)
  expect(texts.join('\n')).not.toContain(String(upstream.port))
})
