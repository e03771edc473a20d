import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { bearer, JWT_AUTH } from '../../support/tokens.ts'

const PAT = bearer('agno_pat_abc')
const NOT_ENABLED = { detail: 'Service accounts are not enabled on this AgentOS instance' }

/** Starts an upstream that checks service accounts, and one that accepts every request. */
async function twoUpstreams(auth: object = JWT_AUTH) {
  const checking = await startAgentOs({ agents: ['checked'] })
  const open = await startAgentOs({ agents: ['open'] })
  const upstreams = [
    { name: 'checking', url: checking.url, service_accounts: true },
    { name: 'open', url: open.url },
  ]
  const gateway = await startGateway({ upstreams, auth }, { ready: ['checking', 'open'] })
  const before = open.requests.length
  return { checking, gateway, reachedOpen: () => open.requests.slice(before) }
}

test('a service-account token is forwarded to the upstream that checks it', async () => {
  const { checking, gateway } = await twoUpstreams()
  const pending = run(`${gateway.url}/agents/checked/runs`, 'message=hi', PAT)
  const exchange = await checking.next()
  expect(exchange.request.headers.authorization).toBe(PAT.authorization)
  exchange.json({ detail: 'Invalid token' }, 401)
  expect((await pending).status).toBe(401)
})

test('a service-account token never reaches an upstream that does not check it', async () => {
  const { gateway, reachedOpen } = await twoUpstreams()
  const answers = [
    await run(`${gateway.url}/agents/open/runs`, 'message=hi', PAT),
    await send(`${gateway.url}/agents/open`, { headers: PAT }),
    await send(`${gateway.url}/upstreams/open/sessions`, { headers: PAT }),
    await send(`${gateway.url}/sessions`, { headers: { ...PAT, 'x-agentos-upstream': 'open' } }),
  ]
  for (const answer of answers) {
    expect([answer.status, await answer.json()]).toEqual([401, NOT_ENABLED])
  }
  expect(reachedOpen()).toEqual([])
})

test('lists for a service account come from the checking upstream', async () => {
  const { gateway, reachedOpen } = await twoUpstreams()
  const answer = await send(`${gateway.url}/agents`, { headers: PAT })
  expect(await answer.json()).toMatchObject([{ id: 'checked' }])
  expect(answer.headers['x-agentos-partial']).toBe('open')
  const unknown = await send(`${gateway.url}/agents/nobody`, { headers: PAT })
  expect(unknown.status).toBe(404)
  expect(reachedOpen()).toEqual([])
})

test('a service-account token opens no page of the gateway itself', async () => {
  const { gateway } = await twoUpstreams()
  const answer = await send(`${gateway.url}/gateway/status`, { headers: PAT })
  expect([answer.status, await answer.json()]).toEqual([401, NOT_ENABLED])
})

test('mode security_key treats a service-account token the same way', async () => {
  const { gateway, reachedOpen } = await twoUpstreams({ mode: 'security_key', security_key: 'k' })
  const answer = await run(`${gateway.url}/agents/open/runs`, 'message=hi', PAT)
  expect([answer.status, await answer.json()]).toEqual([401, NOT_ENABLED])
  expect(reachedOpen()).toEqual([])
})
