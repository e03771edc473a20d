import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run, send } from '../support/client.ts'
import { answerJson } from '../support/fake-upstream.ts'
import { startGateway } from '../support/gateway.ts'
import { Queue } from '../support/queue.ts'
import { refusingUrl } from '../support/raw-upstream.ts'
import { SECRET, tokenFor } from '../support/tokens.ts'

const SECRETS = { bearer: 'bearer-secret', config: 'config-secret', key: 'security-secret' }

/** Starts a gateway with one dead replica of two, and one dead upstream. */
async function gateway(document: object = {}) {
  const runs = new Queue<ServerResponse>()
  const upstream = await startAgentOs({ agents: ['echo'] }, ({ url }, response) => {
    if (url === '/health') answerJson(response, {})
    else runs.push(response)
  })
  const urls = [upstream.url, await refusingUrl()]
  const health_check = { interval: '20ms', unhealthy_after: 1 }
  const started = await startGateway(
    {
      upstreams: [
        { name: 'u', urls, health_check, credentials: { bearer: SECRETS.bearer } },
        { name: 'gone', url: await refusingUrl(), config_token: SECRETS.config },
      ],
      ...document,
    },
    { ready: ['u'] },
  )
  await started.upstreamIs('gone', 'failing')
  await started.log.until(({ isHealthy }) => isHealthy === false)
  const status = async (headers = {}) => send(`${started.url}/gateway/status`, { headers })
  return { ...started, upstream, runs, urls, status }
}

describe('/gateway/status', () => {
  test('the status shows state and reason of upstreams and replicas', async () => {
    const { status, urls, url, runs } = await gateway()
    const running = run(`${url}/agents/echo/runs`)
    const response = await runs.next()
    expect(await (await status()).json()).toMatchObject({
      id: 'agentos-gateway',
      ready: true,
      open: 1,
      config: { version: 1, hash: expect.stringMatching(/^[0-9a-f]{12}$/), restart_needed: [] },
      upstreams: [
        {
          name: 'u',
          state: 'ready',
          agents: 1,
          asked_seconds_ago: expect.any(Number),
          waiting: 0,
          replicas: [
            { url: urls[0], state: 'available', in_flight: 1, weight: 1 },
            {
              url: urls[1],
              state: 'unhealthy',
              last_error: expect.stringContaining('ECONNREFUSED'),
            },
          ],
        },
        {
          name: 'gone',
          state: 'failing',
          reason: 'AGW_UPSTREAM_UNREACHABLE (ECONNREFUSED)',
          agents: 0,
        },
      ],
      shadowed: [],
    })
    answerJson(response, {})
    await running
  })

  test('the status contains no secret and is not cached', async () => {
    const { status } = await gateway({
      auth: { mode: 'security_key', security_key: SECRETS.key },
    })
    const answer = await status({ authorization: `Bearer ${SECRETS.key}` })
    const text = await answer.whole()
    expect(text).toContain('"upstreams"')
    for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret)
    expect(answer.headers['cache-control']).toBe('no-store')
  })
})

describe('/gateway/refresh', () => {
  test('a refresh queries every upstream again', async () => {
    const { url, upstream } = await gateway()
    const asked = () => upstream.requests.filter((request) => request.url === '/agents').length
    const before = asked()
    const answer = await send(`${url}/gateway/refresh`, { method: 'POST' })
    expect(answer.status).toBe(200)
    expect(asked()).toBe(before + 1)
  })
})

describe('access to the status', () => {
  test('status, reload and refresh require the security key, ready does not', async () => {
    const { url, status } = await gateway({
      auth: { mode: 'security_key', security_key: SECRETS.key },
    })
    expect((await status()).status).toBe(401)
    expect((await send(`${url}/gateway/reload`, { method: 'POST' })).status).toBe(401)
    expect((await send(`${url}/gateway/refresh`, { method: 'POST' })).status).toBe(401)
    expect((await send(`${url}/gateway/ready`)).status).toBe(200)
  })

  test.each([true, false])(
    'the status requires the admin scope (authorization: %s)',
    async (authorization) => {
      const keys = [{ alg: 'HS256', secret: SECRET }]
      const { status } = await gateway({ auth: { mode: 'jwt', authorization, keys } })
      const as = (scopes: string[]) => ({ authorization: `Bearer ${tokenFor({ scopes })}` })
      expect((await status(as(['agent_os:admin']))).status).toBe(200)
      const refused = await status(as(['agents:read', 'config:read']))
      expect(refused.status).toBe(403)
      expect(await refused.whole()).not.toContain('upstreams')
    },
  )
})
