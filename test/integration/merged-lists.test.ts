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

/** An AgentOS that answers nothing until the test lets it, request by request or for good. */
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

describe('the merged list', () => {
  test('joins all upstreams in the order of the configuration, each card byte for byte', async () => {
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

  test('names components as callers do', async () => {
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

  test('keeps an id that two upstreams serve for the first, and says so in the log', async () => {
    const a = await startAgentOs({ agents: ['same', 'a'] })
    const b = await startAgentOs({ agents: ['same', 'b'] })
    const gateway = await gatewayOf({ a: a.url, b: b.url })
    expect(idsOf(await (await send(`${gateway.url}/agents`)).json())).toEqual(['same', 'a', 'b'])
    await gateway.log.until(({ shadowed }) => shadowed !== undefined)
  })

  test('lists the last known of an upstream that has died, marked', async () => {
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

  test('leaves out an upstream that was never there, and says so', async () => {
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

  test('of nobody but the dead is empty, not an error', async () => {
    const gateway = await startGateway({ upstreams: [{ name: 'dead', url: refusingUrl() }] })
    await gateway.upstreamIs('dead', 'failing')
    const answer = await send(`${gateway.url}/agents`)
    expect([answer.status, await answer.json()]).toEqual([200, []])
    expect((await send(`${gateway.url}/config`)).status).toBe(200)
  })

  test('lists what a slow upstream last said, without waiting for it', async () => {
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
    // The refresh behind the caller's back is under way, and holds up nobody.
    const letGo = await slow.held.next()
    expect(idsOf(await (await send(`${gateway.url}/agents`)).json())).toEqual(['slow', 'a'])
    expect((await send(`${gateway.url}/agents/a`)).status).toBe(200)
    expect((await send(`${gateway.url}/health`)).status).toBe(200)
    letGo()
  })

  test('keeps what is known of an upstream whose fresh answer is an error', async () => {
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

  test('shows a component that has come since, when it is called', async () => {
    const agents = ['a']
    const upstream = await startAgentOs({ agents })
    const gateway = await gatewayOf({ a: upstream.url })
    agents.push('new')
    // Not asked again within two seconds of the first question.
    gateway.app.engine.current.discovery.current.remote('agents', 'a')
    await gateway.app.engine.current.discovery.ask(
      gateway.app.engine.current.upstreams.get('a') as never,
    )
    expect((await send(`${gateway.url}/agents/new`)).status).toBe(200)
  })
})
