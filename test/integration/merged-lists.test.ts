import { describe, expect, test } from 'vitest'
import { cardFor, startAgentOs } from '../support/agentos.ts'
import { send } from '../support/client.ts'
import type { FakeHandler } from '../support/fake-upstream.ts'
import { answerJson, startFakeUpstream } from '../support/fake-upstream.ts'
import { gatewayOf, startGateway } from '../support/gateway.ts'
import { Queue } from '../support/queue.ts'
import { refusingUrl } from '../support/raw-upstream.ts'

const FRESH = { 'cache-control': 'no-cache' }
const idsOf = (body: unknown) => (body as { id: string }[]).map(({ id }) => id)

/** Starts an AgentOS that holds its responses until the test releases them. */
async function startSlowAgentOs(id: string) {
  const held = new Queue<() => void>()
  let isHeld = false
  const upstream = await startFakeUpstream(({ url }, response) => {
    const answer = () => answerJson(response, cardFor({ agents: [id] }, url))
    if (isHeld) held.push(answer)
    else answer()
  })
  return { ...upstream, held, hold: () => (isHeld = true) }
}

describe('merged lists', () => {
  test('the merged list keeps upstream order and the bytes of each card', async () => {
    const odd = '{ "id":"b1", "n": 1.0, "e": "\\u00e9", "big": 12345678901234567890 }'
    const upstream = await startFakeUpstream(({ url }, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(url === '/agents' ? `[ ${odd} , {"id":"b2"}]` : '[]')
    })
    const a = await startAgentOs({ agents: ['a1'] })
    const { url } = await gatewayOf({ b: upstream.url, a: a.url })
    const text = await (await send(`${url}/agents`)).whole()
    expect(text.startsWith(`[${odd},{"id":"b2"},{"id":"a1",`)).toBe(true)
  })

  test('the merged list has all of 200,000 components of one upstream', async () => {
    const agents = Array.from({ length: 200_000 }, (_, index) => ({ id: `agent-${index}` }))
    const text = JSON.stringify(agents)
    const upstream = await startFakeUpstream(({ url }, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(url === '/agents' ? text : '[]')
    })
    const { url } = await gatewayOf({ a: upstream.url })
    const answer = await send(`${url}/agents`)
    expect([answer.status, (await answer.whole()) === text]).toEqual([200, true])
  })

  test('the merged list shows components under their gateway ids', async () => {
    const upstream = await startAgentOs({ agents: ['one', 'two'], teams: ['t'] })
    const { url } = await startGateway(
      {
        upstreams: [{ name: 'a', url: upstream.url, prefix: 'eu-' }],
        agents: [{ upstream: 'a', agent_id: 'two', id: 'second' }],
      },
      { ready: ['a'] },
    )
    expect(idsOf(await (await send(`${url}/agents`)).json())).toEqual(['eu-one', 'second'])
    expect(idsOf(await (await send(`${url}/teams`)).json())).toEqual(['eu-t'])
    expect(await (await send(`${url}/agents/second`)).json()).toMatchObject({ id: 'second' })
  })

  test('a duplicate id belongs to the first upstream and is logged', async () => {
    const a = await startAgentOs({ agents: ['same', 'a'] })
    const b = await startAgentOs({ agents: ['same', 'b'] })
    const gateway = await gatewayOf({ a: a.url, b: b.url })
    expect(idsOf(await (await send(`${gateway.url}/agents`)).json())).toEqual(['same', 'a', 'b'])
    await gateway.log.until(({ shadowed }) => shadowed !== undefined)
  })

  test('the list keeps the components of a dead upstream, marked as stale', async () => {
    const a = await startAgentOs({ agents: ['a'] })
    const b = await startAgentOs({ agents: ['b'] })
    const gateway = await startGateway(
      {
        upstreams: [
          { name: 'a', url: a.url },
          { name: 'b', url: b.url, config_ttl: '1ms' },
        ],
      },
      { ready: ['a', 'b'] },
    )
    await b.close()
    await gateway.upstreamIs('b', 'failing')
    for (const headers of [{}, FRESH]) {
      const answer = await send(`${gateway.url}/agents`, { headers })
      expect(idsOf(await answer.json())).toEqual(['a', 'b'])
      expect(answer.headers['x-agentos-stale']).toBe('b')
    }
    const config = (await (await send(`${gateway.url}/config`)).json()) as { agents: unknown[] }
    expect(idsOf(config.agents)).toEqual(['a', 'b'])
  })

  test('the list omits an upstream that never answered, marked as partial', async () => {
    const a = await startAgentOs({ agents: ['a'] })
    const gateway = await startGateway(
      {
        upstreams: [
          { name: 'dead', url: refusingUrl() },
          { name: 'a', url: a.url },
        ],
      },
      { ready: ['a'] },
    )
    await gateway.upstreamIs('dead', 'failing')
    const answer = await send(`${gateway.url}/agents`)
    expect([answer.status, idsOf(await answer.json())]).toEqual([200, ['a']])
    expect(answer.headers['x-agentos-partial']).toBe('dead')
  })

  test('the list is empty when no upstream ever answered', async () => {
    const gateway = await startGateway({ upstreams: [{ name: 'dead', url: refusingUrl() }] })
    await gateway.upstreamIs('dead', 'failing')
    const answer = await send(`${gateway.url}/agents`)
    expect([answer.status, await answer.json()]).toEqual([200, []])
    expect((await send(`${gateway.url}/config`)).status).toBe(200)
  })

  test('the list does not wait for a slow upstream', async () => {
    const slow = await startSlowAgentOs('slow')
    const a = await startAgentOs({ agents: ['a'] })
    const gateway = await startGateway(
      {
        upstreams: [
          { name: 'slow', url: slow.url, config_ttl: '1ms' },
          { name: 'a', url: a.url },
        ],
      },
      { ready: ['slow', 'a'] },
    )
    slow.hold()
    const listed = await send(`${gateway.url}/agents`)
    expect(idsOf(await listed.json())).toEqual(['slow', 'a'])
    // The background refresh is in progress and delays no request.
    const letGo = await slow.held.next()
    expect(idsOf(await (await send(`${gateway.url}/agents`)).json())).toEqual(['slow', 'a'])
    expect((await send(`${gateway.url}/agents/a`)).status).toBe(200)
    expect((await send(`${gateway.url}/health`)).status).toBe(200)
    letGo()
  })

  test('the list keeps known components when a fresh response is an error', async () => {
    const status = { code: 200 }
    const handler: FakeHandler = ({ url }, response) => {
      answerJson(response, cardFor({ agents: ['x'] }, url), status.code)
    }
    const failing = await startFakeUpstream(handler)
    const a = await startAgentOs({ agents: ['a'] })
    const gateway = await gatewayOf({ failing: failing.url, a: a.url })
    status.code = 500
    const answer = await send(`${gateway.url}/agents`, { headers: FRESH })
    expect(idsOf(await answer.json())).toEqual(['x', 'a'])
    expect(answer.headers['x-agentos-stale']).toBe('failing')
  })

  test('a new component is found when it is first called', async () => {
    const agents = ['a']
    const upstream = await startAgentOs({ agents })
    const gateway = await gatewayOf({ a: upstream.url })
    agents.push('new')
    // An unknown id queries an upstream at most once every two seconds.
    gateway.app.engine.current.discovery.current.remote('agents', 'a')
    await gateway.app.engine.current.discovery.refresh(
      gateway.app.engine.current.upstreams.get('a') as never,
    )
    expect((await send(`${gateway.url}/agents/new`)).status).toBe(200)
  })
})
