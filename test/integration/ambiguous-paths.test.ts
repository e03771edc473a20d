import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { sendRaw } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'

const SHAPE = /^HTTP\/1\.1 (\d{3}) .*\r\n\r\n(\{"detail":.*\})$/s

/** Returns status and body for a request target that no client library would send. */
async function asked(port: number, target: string, method = 'GET') {
  const text = await sendRaw(
    port,
    `${method} ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
  )
  const [, status, body] = SHAPE.exec(text) ?? []
  return { status: Number(status), body, text }
}

async function open(names: readonly string[]) {
  const upstreams = await Promise.all(names.map((name) => startAgentOs({ agents: [`of-${name}`] })))
  const urls = Object.fromEntries(upstreams.map(({ url }, index) => [names[index], url]))
  return { upstreams, gateway: await gatewayOf(urls) }
}

const TRICKS = [
  '/agents/../config',
  '/agents/%2e%2e/config',
  '/agents/of-a/../../teams',
  '/agents/of-a/.%2E/x',
  '/agents/of-a/runs/..',
  '/agents/of-a/./runs',
  '/agents/of-a%2fruns',
  '/agents/of-a%2Fruns',
  '/agents/of-a%5cruns',
  '/agents\\of-a',
  '/agents/%0d%0aset-cookie:%20a=1',
  '/agents/of-a/runs/%0D%0A',
  '/agents/of-a%00',
  '/agents/of-a%7f',
  '/agents/%zz',
  '/agents/%',
  '/agents/%c3%28',
  '/agents/of-a/runs/%ff',
  '/agents/of-a#/runs',
  '/upstreams/a/../b/agents',
  '/upstreams/a/%2e%2e/%2e%2e/',
  `/agents/${'x'.repeat(3_000)}`,
]

describe('ambiguous paths', () => {
  test.each(TRICKS)(
    "the ambiguous path %s is refused in AgentOS's format and not forwarded",
    async (target) => {
      const { gateway, upstreams } = await open(['a', 'b'])
      const { status, body, text } = await asked(gateway.port, target)
      expect(body, text).toBeDefined()
      expect([400, 404]).toContain(status)
      expect(text).toMatch(
        /x-agentos-gateway-error: AGW_(INVALID_PATH|NOT_FOUND|COMPONENT_NOT_FOUND)/,
      )
      expect(text).not.toContain('set-cookie')
      expect(text).toMatch(/^x-request-id: \S+/m)
      await gateway.log.until(({ msg, path }) => msg === 'request' && path !== undefined)
      for (const { waiting } of upstreams) expect(waiting).toBe(0)
      expect((await asked(gateway.port, '/nowhere')).status).toBe(404)
    },
  )

  test.each(['//agents', '/agents//of-a/runs', '/agents/of-a//runs', '//evil.example/agents'])(
    'the path %s with a double slash answers 404',
    async (target) => {
      const { gateway, upstreams } = await open(['a'])
      const { status, body } = await asked(gateway.port, target)
      expect([status, body]).toEqual([404, '{"detail":"Not Found"}'])
      expect(upstreams[0]?.waiting).toBe(0)
    },
  )
})

test.each(['/agents/', '/config/', '/health/', '/teams//', '/agents/of-a/', '/docs/'])(
  'a trailing slash in %s does not change the answer',
  async (target) => {
    const { gateway } = await open(['a', 'b'])
    const [bare, slashed] = await Promise.all([
      asked(gateway.port, target.replace(/\/+$/, '')),
      asked(gateway.port, target),
    ])
    const status = /^HTTP\/1\.1 \d+/
    expect(status.exec(slashed.text)?.[0]).toBe(status.exec(bare.text)?.[0])
    expect(slashed.text).not.toContain('AGW_')
  },
)

describe('component ids', () => {
  test('an id may contain any segment character in any escaping', async () => {
    const upstream = await startAgentOs({ agents: ['é & ü', 'a:b@c'] })
    const gateway = await gatewayOf({ a: upstream.url })
    for (const target of [
      '/agents/%C3%A9%20%26%20%c3%bc',
      '/agents/a:b@c',
      '/agents/%61%3Ab%40c',
    ]) {
      const text = await sendRaw(
        gateway.port,
        `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      )
      expect(text).toMatch(/^HTTP\/1.1 200 /)
    }
    expect(upstream.requests.map(({ url }) => url)).toContain('/agents/%C3%A9%20%26%20%C3%BC')
  })
})

describe('paths below a component', () => {
  test('a path below a component is forwarded with its query and escapes', async () => {
    const upstream = await startAgentOs({ agents: ['echo'] }, (request, response) => {
      response.end(request.url)
    })
    const gateway = await gatewayOf({ a: upstream.url })
    const target = '/agents/echo/runs/r%201?a=%2F..%2f&b=//&c=%0d%0a'
    const text = await sendRaw(
      gateway.port,
      `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    )
    expect(text.endsWith(target)).toBe(true)
  })
})
