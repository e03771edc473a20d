import { describe, expect, test } from 'vitest'
import { CARD, gatewayToA2a, startA2a, task } from '../../support/a2a.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { configOf, startGateway } from '../../support/gateway.ts'

const get = async (url: string) => (await send(url)).json()

describe('cards of A2A servers', () => {
  test('an A2A server appears in lists, config and under its component path', async () => {
    const server = await startA2a()
    const { url } = await gatewayToA2a(server.url)
    const card = { id: 'facts', name: CARD.name, description: CARD.description, skills: [] }
    expect(await get(`${url}/agents`)).toMatchObject([card])
    expect(await get(`${url}/agents/facts`)).toMatchObject(card)
    expect(await get(`${url}/agents/facts?version=1`)).toMatchObject(card)
    expect(await get(`${url}/config`)).toMatchObject({ agents: [card], teams: [], workflows: [] })
    expect(await get(`${url}/info`)).toMatchObject({ agent_count: 1, auth_mode: 'none' })
    expect(await get(`${url}/teams`)).toEqual([])
  })

  test('an A2A server is asked for its card once', async () => {
    const server = await startA2a()
    const { url } = await gatewayToA2a(server.url)
    await Promise.all(
      ['/agents', '/agents/facts', '/config', '/models'].map((path) => get(url + path)),
    )
    expect(server.requests.map((request) => request.url)).toEqual(['/.well-known/agent-card.json'])
  })

  test('an A2A server without a card is listed with defaults', async () => {
    const server = await startA2a(null)
    const { url } = await gatewayToA2a(server.url)
    expect(await get(`${url}/agents`)).toEqual([
      { id: 'facts', name: 'facts', description: 'A2A agent: facts' },
    ])
    expect(await get(`${url}/agents/facts?x=1`)).toMatchObject({ name: 'facts' })
  })

  test('an A2A server can serve several components beside an AgentOS', async () => {
    const [server, os] = await Promise.all([startA2a(), startAgentOs({ agents: ['echo'] })])
    const upstreams = [
      { name: 'os', url: os.url },
      { name: 'adk', url: server.url, protocol: 'a2a', prefix: 'x-' },
    ]
    const gateway = await startGateway(
      {
        upstreams,
        agents: [{ upstream: 'adk', agent_id: 'facts' }],
        teams: [{ upstream: 'adk', team_id: 'crew', id: 'team' }],
        workflows: [{ upstream: 'adk', workflow_id: 'flow' }],
      },
      { ready: ['os', 'adk'] },
    )
    const { url } = gateway
    expect(await get(`${url}/agents`)).toMatchObject([{ id: 'echo' }, { id: 'x-facts' }])
    expect(await get(`${url}/teams`)).toMatchObject([{ id: 'team' }])
    const answering = run(`${url}/teams/team/runs`, 'message=hi&stream=false')
    const call = await server.next()
    call.result(task('completed', 'ok'))
    expect(await (await answering).json()).toMatchObject({ team_id: 'team', content: 'ok' })
  })

  test('data requests go to AgentOS upstreams and never to A2A servers', async () => {
    const [server, os] = await Promise.all([startA2a(), startAgentOs({ agents: ['echo'] })])
    const upstreams = [
      { name: 'adk', url: server.url, protocol: 'a2a' },
      { name: 'os', url: os.url },
    ]
    const { url } = await startGateway({ upstreams }, { ready: ['os', 'adk'] })
    const listing = send(`${url}/sessions?component_id=adk`)
    const exchange = await os.next()
    exchange.json({ data: [], meta: { page: 1 } })
    expect(await (await listing).json()).toEqual({ data: [], meta: { page: 1 } })
    const describing = send(`${url}/openapi.json`)
    const described = await os.next()
    described.json({ openapi: '3.1.0', info: { title: 'OS', version: '1' }, paths: {} })
    expect((await describing).headers).not.toHaveProperty('x-agentos-partial')
    const passing = send(`${url}/something-new`)
    const passed = await os.next()
    passed.json({ ok: true })
    expect(await (await passing).json()).toEqual({ ok: true })
    expect(server.waiting).toBe(0)
  })
})

test('data requests answer 404 when no upstream is an AgentOS', async () => {
  const server = await startA2a()
  const { url } = await gatewayToA2a(server.url)
  expect((await send(`${url}/something-new`)).status).toBe(404)
  const answer = await send(`${url}/sessions/s?type=agent`)
  expect(answer.status).toBe(404)
  expect(server.waiting).toBe(0)
})

test('the JSON-RPC address follows a redirect to its trailing slash', async () => {
  const server = await startA2a()
  const upstreams = [
    { name: 'facts', url: `${server.url}/a2a/facts`, protocol: 'a2a', a2a_protocol: 'json-rpc' },
  ]
  const { url } = await gatewayToA2a(server.url, { upstreams })
  const answering = run(`${url}/agents/facts/runs`, 'message=hi&stream=false')
  const first = await server.next()
  expect(first.request.url).toBe('/a2a/facts')
  first.response.writeHead(307, { location: `${server.url}/a2a/facts/` }).end()
  const second = await server.next()
  expect(second.request.url).toBe('/a2a/facts/')
  expect(await second.rpc()).toMatchObject({ method: 'message/send' })
  second.result(task('completed', 'ok'))
  expect(await (await answering).json()).toMatchObject({ content: 'ok' })
  const again = run(`${url}/agents/facts/runs`, 'message=hi&stream=false')
  const third = await server.next()
  expect(third.request.url).toBe('/a2a/facts/')
  third.response.writeHead(307, { location: 'http://elsewhere/a2a' }).end()
  expect((await again).status).toBe(307)
})

test('a reload changes the component that an A2A server provides', async () => {
  const server = await startA2a()
  const upstream = { name: 'adk', url: server.url, protocol: 'a2a' }
  const file: { document: object } = { document: { upstreams: [upstream] } }
  const { url } = await startGateway(file.document, {
    ready: ['adk'],
    load: () => configOf(file.document),
  })
  expect(await get(`${url}/agents`)).toMatchObject([{ id: 'adk' }])
  file.document = { upstreams: [upstream], teams: [{ upstream: 'adk', team_id: 'crew' }] }
  await send(`${url}/gateway/reload`, { method: 'POST' })
  expect(await get(`${url}/agents`)).toEqual([])
  expect(await get(`${url}/teams`)).toMatchObject([{ id: 'crew', name: CARD.name }])
})
