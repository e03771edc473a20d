/** Tests invalid JSON from callers and upstreams wherever the gateway reads or renames JSON. */
import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { startDataAgentOs } from '../../support/data-agentos.ts'
import { startGateway } from '../../support/gateway.ts'

const headers = { 'content-type': 'application/json' }
const BROKEN = ['{"a', '{', '{"agent_id":', '[', '[1', '"', '', 'nonsense']

async function twoUpstreams() {
  const a = await startDataAgentOs({ db: { traces: [] } }, { agents: ['x'] })
  const b = await startDataAgentOs({ far: { traces: [] } }, { agents: ['y'] })
  const upstreams = [
    { name: 'a', url: a.url },
    { name: 'b', url: b.url, prefix: 'b-' },
  ]
  return { a, b, gateway: await startGateway({ upstreams }, { ready: ['a', 'b'] }) }
}

describe('a search over several databases', () => {
  test.each(BROKEN)(
    'a search with the invalid body %j is forwarded to one AgentOS',
    async (body) => {
      const { a, b, gateway } = await twoUpstreams()
      const before = a.requests.length + b.requests.length
      await (await send(`${gateway.url}/traces/search`, { method: 'POST', headers, body })).whole()
      expect(a.requests.length + b.requests.length - before).toBe(1)
      expect(String(a.requests.at(-1)?.body)).toBe(body)
      expect((await send(`${gateway.url}/health`)).status).toBe(200)
    },
  )

  test('a search of any length is sent whole to each database', async () => {
    const { a, b, gateway } = await twoUpstreams()
    const filter = { op: 'EQ', key: 'name', value: 'n'.repeat(200_000) }
    const body = JSON.stringify({ filter })
    await (await send(`${gateway.url}/traces/search`, { method: 'POST', headers, body })).whole()
    for (const { requests } of [a, b])
      expect(JSON.parse(String(requests.at(-1)?.body))).toMatchObject({ filter })
  })
})

test.each(BROKEN.slice(0, 6))(
  'the invalid JSON %j of a prefixed upstream is relayed unchanged',
  async (text) => {
    const upstream = await startAgentOs({ agents: ['x'] }, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(text)
    })
    const upstreams = [{ name: 'a', url: upstream.url, prefix: 'a-' }]
    const gateway = await startGateway({ upstreams }, { ready: ['a'] })
    const answer = await run(`${gateway.url}/agents/a-x/runs`)
    expect(String(await answer.whole())).toBe(text)
  },
)
