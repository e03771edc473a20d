import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { startDataAgentOs } from '../../support/data-agentos.ts'
import { eventText } from '../../support/fake-upstream.ts'
import { startGateway } from '../../support/gateway.ts'

const json = { 'content-type': 'application/json' }

/** Starts the plain upstream `a`, the upstream `b` with prefixes, and an alias for one agent of `b`. */
async function gatewayWithNames() {
  const a = await startDataAgentOs({ db: { sessions: [] } }, { agents: ['x'] })
  const session = { session_id: 's', agent_id: 'x', session_state: { agent_id: 'x' } }
  const b = await startDataAgentOs(
    { db: { sessions: [session, { session_id: 't', agent_id: 'old' }] } },
    {
      agents: ['x', 'old'],
      config: {
        session: { dbs: [{ db_id: 'db', domain_config: { display_name: 'db' } }] },
        chat: { quick_prompts: { x: ['Hi'], old: [] } },
        knowledge: { knowledge_instances: [{ id: 'kb', db_id: 'db' }] },
      },
    },
  )
  const gateway = await startGateway(
    {
      upstreams: [
        { name: 'a', url: a.url },
        { name: 'b', url: b.url, prefix: 'b-', database_prefix: 'b.' },
      ],
      agents: [{ upstream: 'b', agent_id: 'old', id: 'new' }],
    },
    { ready: ['a', 'b'] },
  )
  return { a, b, gateway, session }
}

test("lists and cards show the gateway's ids of components and databases", async () => {
  const { gateway } = await gatewayWithNames()
  const cards = (await (await send(`${gateway.url}/agents`)).json()) as { id: string }[]
  expect(cards.map(({ id }) => id)).toEqual(['x', 'b-x', 'new'])
  const card = await (await send(`${gateway.url}/agents/b-x`)).json()
  expect(card).toMatchObject({ id: 'b-x', db_id: 'b.db' })
})

test("the config shows the gateway's ids in values and keys", async () => {
  const { gateway } = await gatewayWithNames()
  const config = await (await send(`${gateway.url}/config`)).json()
  expect(config).toMatchObject({
    databases: ['db', 'b.db'],
    session: { dbs: [{ db_id: 'b.db', domain_config: { display_name: 'db' } }] },
    chat: { quick_prompts: { 'b-x': ['Hi'], new: [] } },
    knowledge: { knowledge_instances: [{ id: 'b.kb', db_id: 'b.db' }] },
    agents: [{ id: 'x' }, { id: 'b-x', db_id: 'b.db' }, { id: 'new' }],
  })
})

test("data routes translate ids and leave the user's data unchanged", async () => {
  const { gateway, a, b, session } = await gatewayWithNames()
  const one = await send(`${gateway.url}/sessions?type=agent&component_id=b-x`)
  expect(await one.json()).toMatchObject({
    data: [
      { ...session, agent_id: 'b-x' },
      { session_id: 't', agent_id: 'new' },
    ],
  })
  expect(b.asked).toEqual(['GET /sessions?type=agent&component_id=x'])
  const all = await send(`${gateway.url}/sessions?db_id=b.db`)
  expect(await all.json()).toMatchObject({ data: [{ agent_id: 'b-x' }, { agent_id: 'new' }] })
  expect(b.asked[1]).toBe('GET /sessions?db_id=db')
  const single = await send(`${gateway.url}/sessions/t`)
  expect(await single.json()).toEqual({ session_id: 't', agent_id: 'new' })
  expect(a.asked).not.toContain('GET /sessions?db_id=db')
})

test("request bodies are translated to the upstream's ids", async () => {
  const { gateway, b } = await gatewayWithNames()
  const body = '{"agent_id": "new", "session_state": {"agent_id": "new"}, "n": 1.0}'
  const endpoint = '{"name": "n", "endpoint": "/agents/new/runs"}'
  await (
    await send(`${gateway.url}/schedules`, { method: 'POST', headers: json, body: endpoint })
  ).whole()
  expect(String(b.requests.at(-1)?.body)).toBe('{"name": "n", "endpoint": "/agents/old/runs"}')
  await (await send(`${gateway.url}/sessions`, { method: 'POST', headers: json, body })).whole()
  expect(String(b.requests.at(-1)?.body)).toBe(
    '{"agent_id": "old", "session_state": {"agent_id": "new"}, "n": 1.0}',
  )
})

/** Starts a gateway with the agents `plain` and `echo`, where callers know `echo` as `alias`. */
async function gatewayWithAlias() {
  const upstream = await startAgentOs({ agents: ['echo', 'plain'] })
  const agents = [{ upstream: 'a', agent_id: 'echo', id: 'alias' }]
  const upstreams = [{ name: 'a', url: upstream.url }]
  return { upstream, gateway: await startGateway({ upstreams, agents }, { ready: ['a'] }) }
}

test('events of an aliased agent change only their top-level id', async () => {
  const { upstream, gateway } = await gatewayWithAlias()
  const answering = run(`${gateway.url}/agents/alias/runs`, 'message=hi&stream=true')
  const exchange = await upstream.next()
  const events = exchange.events()
  const inner = { tool: { agent_id: 'echo' }, content: '{"agent_id":"echo"}' }
  events.write(eventText({ event: 'RunStarted', agent_id: 'echo', run_id: 'r', ...inner }))
  const answer = await answering
  expect(await answer.event()).toBe(
    eventText({ event: 'RunStarted', agent_id: 'alias', run_id: 'r', ...inner }),
  )
  events.end(': note\n\ndata: no json\n\nid: 7\r\ndata: {"agent_id": "echo", "n": 1.0}\r\n\r\n')
  await answer.isWhole
  expect(answer.text).toContain(
    ': note\n\ndata: no json\n\nid: 7\r\ndata: {"agent_id": "alias", "n": 1.0}\r\n\r\n',
  )
})

test('a response of an aliased agent has alias and new length', async () => {
  const { upstream, gateway } = await gatewayWithAlias()
  const answering = run(`${gateway.url}/agents/alias/runs`)
  const exchange = await upstream.next()
  expect(exchange.request.headers['accept-encoding']).toBe('identity')
  exchange.json({ run_id: 'r', agent_id: 'echo', content: 'hi' })
  const answer = await answering
  expect(answer.headers['content-length']).toBe('48')
  expect(await answer.json()).toEqual({ run_id: 'r', agent_id: 'alias', content: 'hi' })
})

test('streams of an agent without an alias pass unchanged', async () => {
  const { upstream, gateway } = await gatewayWithAlias()
  const answering = run(`${gateway.url}/agents/plain/runs`, 'message=hi&stream=true')
  const exchange = await upstream.next()
  const text = eventText({ event: 'RunStarted', agent_id: 'echo' })
  exchange.events().end(text)
  expect(await (await answering).whole()).toBe(text)
})
