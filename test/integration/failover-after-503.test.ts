import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run, send } from '../support/client.ts'
import type { FakeHandler } from '../support/fake-upstream.ts'
import { answerJson } from '../support/fake-upstream.ts'
import { startGateway } from '../support/gateway.ts'

const overloaded: FakeHandler = (_request, response) => {
  response.writeHead(503, { 'retry-after': '7', 'content-type': 'application/json' })
  response.end('{"detail":"busy"}')
}
const working: FakeHandler = async ({ url }, response, message) => {
  const chunks = await message.toArray()
  answerJson(response, { url, got: Buffer.concat(chunks).length })
}

async function gatewayOver(handlers: readonly FakeHandler[], document: object = {}) {
  const replicas = await Promise.all(handlers.map((handler) => startAgentOs({}, handler)))
  const urls = replicas.map(({ url }) => url)
  const balancing = { health_check: false, policy: 'round_robin', slow_start: 0 }
  const gateway = await startGateway(
    {
      upstreams: [{ name: 'u', urls, discover: false, ...balancing }],
      agents: [{ upstream: 'u', agent_id: 'echo' }],
      ...document,
    },
    { ready: ['u'] },
  )
  const counts = () =>
    replicas.map(({ requests }) => requests.filter(({ url }) => url.includes('/runs')).length)
  return { counts, url: `${gateway.url}/agents/echo/runs` }
}

describe('a 503 with retry-after', () => {
  test('a POST answered 503 with retry-after goes to the next replica', async () => {
    const { counts, url } = await gatewayOver([overloaded, overloaded, overloaded, working])
    const answer = await run(url, 'message=hello')
    expect([answer.status, await answer.whole()]).toEqual([
      200,
      '{"url":"/agents/echo/runs","got":13}',
    ])
    expect(counts()).toEqual([1, 1, 1, 1])
  })

  test('the 503 is passed on when every replica answers it', async () => {
    const { counts, url } = await gatewayOver([overloaded, overloaded])
    const answer = await run(url)
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '7'])
    expect(await answer.whole()).toBe('{"detail":"busy"}')
    expect(counts()).toEqual([1, 1])
  })

  test('a streamed body is not sent again after a 503', async () => {
    const { counts, url } = await gatewayOver([overloaded, working], { failover_body_limit: 4 })
    expect((await run(url, 'message=hello')).status).toBe(503)
    expect(counts()).toEqual([1, 0])
  })

  test('three 503s with retry-after eject a replica until its pause ends', async () => {
    const { counts, url } = await gatewayOver([overloaded, working])
    for (let count = 0; count < 8; count++) expect((await run(url)).status).toBe(200)
    expect(counts()).toEqual([3, 8])
  })
})

describe('a 503 without retry-after', () => {
  const lacking: FakeHandler = (_request, response) => {
    answerJson(response, { detail: 'No tracing database' }, 503)
  }

  test('a 503 without retry-after is passed on and ejects no replica', async () => {
    const { counts, url } = await gatewayOver([lacking, lacking])
    for (let count = 0; count < 8; count++) expect((await run(url)).status).toBe(503)
    expect(counts()).toEqual([4, 4])
  })
})

describe('connections that break before the answer', () => {
  const breaking: FakeHandler = (_request, response) => {
    response.destroy()
  }

  test('a GET whose connection breaks goes to the next replica', async () => {
    const { counts, url } = await gatewayOver([breaking, working])
    expect((await send(`${url}/r-1`)).status).toBe(200)
    expect(counts()).toEqual([1, 1])
  })

  test('a POST whose connection breaks is not sent again', async () => {
    const { counts, url } = await gatewayOver([breaking, working])
    expect((await run(url)).status).toBe(502)
    expect(counts()).toEqual([1, 0])
  })
})
