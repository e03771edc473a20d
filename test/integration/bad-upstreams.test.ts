import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { run, send } from '../support/client.ts'
import { gatewayTo } from '../support/gateway.ts'
import { refusingUrl, startRawUpstream } from '../support/raw-upstream.ts'

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'

const runsIn = (heads: readonly string[]) =>
  heads.filter((head) => head.startsWith('POST /agents/echo/runs ')).length

/** Writes header lines until the peer closes the connection. */
function endlessHead(socket: Socket): void {
  const line = Buffer.from(`x-filler: ${'x'.repeat(1000)}\r\n`)
  let left = 100 * 1024 * 1024
  const more = () => {
    while (left > 0 && !socket.destroyed) {
      left -= line.length
      if (!socket.write(line)) return
    }
  }
  socket.write('HTTP/1.1 200 OK\r\n')
  socket.on('drain', more)
  more()
}

const BEFORE_THE_ANSWER: [string, (socket: Socket) => void, number, string][] = [
  ['resets', (socket) => socket.resetAndDestroy(), 502, 'AGW_UPSTREAM_RESET'],
  ['closes', (socket) => socket.end(), 502, 'AGW_UPSTREAM_RESET'],
  ['closes inside its head', (socket) => socket.end('HTTP/1.1 200 O'), 502, 'AGW_UPSTREAM_RESET'],
  [
    'answers garbage',
    (socket) => socket.end('\x00\x01garbage\r\n\r\n'),
    502,
    'AGW_UPSTREAM_PROTOCOL',
  ],
  [
    'speaks another protocol',
    (socket) => socket.end('SSH-2.0-x\r\n'),
    502,
    'AGW_UPSTREAM_PROTOCOL',
  ],
  ['sends 100 MB of headers', endlessHead, 502, 'AGW_UPSTREAM_PROTOCOL'],
  [
    'sends a length twice',
    (socket) => socket.end(`${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nab`),
    502,
    'AGW_UPSTREAM_PROTOCOL',
  ],
  ...['gzip', 'gzip, chunked', 'identity', 'chunked, identity', 'xchunked'].map(
    (coding): (typeof BEFORE_THE_ANSWER)[0] => [
      `sends the transfer coding ${coding}`,
      (socket) => socket.end(`${OK}transfer-encoding: ${coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n`),
      502,
      'AGW_UPSTREAM_PROTOCOL',
    ],
  ),
  [
    'switches to an unrequested protocol',
    (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'),
    502,
    'AGW_UPSTREAM_RESET',
  ],
  ['never answers', () => {}, 504, 'AGW_UPSTREAM_TIMEOUT'],
  [
    'sends interim responses without end',
    (socket) => socket.write('HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'.repeat(1_000)),
    502,
    'AGW_UPSTREAM_PROTOCOL',
  ],
  [
    'sends only interim responses',
    (socket) => socket.write('HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'),
    504,
    'AGW_UPSTREAM_TIMEOUT',
  ],
]

describe('misbehaving upstreams', () => {
  test.each(BEFORE_THE_ANSWER)(
    'an upstream that %s gives the caller the matching error',
    async (_name, fault, status, code) => {
      const upstream = await startRawUpstream(fault)
      const gateway = await gatewayTo(upstream.url, { timeout: '150ms' })
      const answer = await run(`${gateway.url}/agents/echo/runs`)
      expect([answer.status, answer.headers['x-agentos-gateway-error']]).toEqual([status, code])
      const text = await answer.whole()
      expect(text).toMatch(/^\{"detail":"Upstream 'a' [^"]+"\}$/)
      expect(text).not.toContain('127.0.0.1')
      expect(runsIn(upstream.heads)).toBe(1)
      expect(await gateway.log.access('/agents/echo/runs')).toMatchObject({ status, error: code })
      expect((await send(`${gateway.url}/health`)).status).toBe(200)
    },
  )

  test('an upstream that refuses connections gives 502', async () => {
    const gateway = await gatewayTo(refusingUrl())
    const answer = await run(`${gateway.url}/agents/echo/runs`)
    expect([answer.status, await answer.json()]).toEqual([
      502,
      { detail: "Upstream 'a' is unreachable" },
    ])
  })

  test('an upstream with an unknown host name gives 502', async () => {
    const gateway = await gatewayTo('http://no-such-host.invalid:7777')
    const answer = await run(`${gateway.url}/agents/echo/runs`)
    expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_UPSTREAM_UNREACHABLE')
  })

  test.each([
    ['shorter', `${OK}content-length: 10\r\n\r\nhalf`],
    ['in broken chunks', `${OK}transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n`],
  ])('a body %s than announced breaks the response', async (_name, bytes) => {
    const upstream = await startRawUpstream((socket) => socket.end(bytes))
    const gateway = await gatewayTo(upstream.url)
    const answer = await run(`${gateway.url}/agents/echo/runs`)
    expect(await answer.isWhole).toBe(false)
    expect(answer.text).toBe('half')
  })

  test('a body longer than announced is cut at its announced length', async () => {
    const upstream = await startRawUpstream((socket) =>
      socket.end(`${OK}content-length: 4\r\n\r\nwholeHTTP/1.1 200 OK\r\n\r\nhidden`),
    )
    const gateway = await gatewayTo(upstream.url)
    const answer = await run(`${gateway.url}/agents/echo/runs`)
    expect(await answer.whole()).toBe('whol')
  })

  test('early hints of an upstream are not passed on', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'
    const upstream = await startRawUpstream((socket) =>
      socket.end(`${hints}${hints}${OK}content-length: 2\r\n\r\n{}`),
    )
    const gateway = await gatewayTo(upstream.url)
    const answer = await run(`${gateway.url}/agents/echo/runs`)
    expect([answer.status, await answer.whole(), answer.headers['link']]).toEqual([
      200,
      '{}',
      undefined,
    ])
  })

  test('the content-length of a 204 is not passed on', async () => {
    const upstream = await startRawUpstream((socket) =>
      socket.write('HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n'),
    )
    const gateway = await gatewayTo(upstream.url)
    const answer = await run(`${gateway.url}/agents/echo/runs`)
    expect([answer.status, await answer.whole()]).toEqual([204, ''])
    expect(answer.headers).not.toHaveProperty('content-length')
  })

  test("bytes after an upstream's answer do not spoil later answers", async () => {
    const more = `${OK}content-length: 5\r\n\r\nother`
    const upstream = await startRawUpstream((socket) => {
      socket.write(`${OK}content-length: 2\r\n\r\n{}${more}`)
    })
    const gateway = await gatewayTo(upstream.url)
    for (let count = 1; count <= 5; count++) {
      const answer = await run(`${gateway.url}/agents/echo/runs`)
      expect([answer.status, await answer.whole()]).toEqual([200, '{}'])
      expect(runsIn(upstream.heads)).toBe(count)
    }
  })

  test('a body that ends with its connection is relayed whole', async () => {
    const upstream = await startRawUpstream((socket) => socket.end(`${OK}\r\n{"old":"style"}`))
    const gateway = await gatewayTo(upstream.url)
    const answer = await run(`${gateway.url}/agents/echo/runs`)
    expect(await answer.json()).toEqual({ old: 'style' })
    expect(await answer.isWhole).toBe(true)
  })

  test("a redirect is passed on without showing the upstream's address", async () => {
    for (const [to, shown] of [
      ['/elsewhere?x=1', '/elsewhere?x=1'],
      ['', '/'],
      ['0/x', undefined],
    ] as const) {
      const upstream = await startRawUpstream((socket) => {
        socket.end(
          `HTTP/1.1 307 Moved\r\nlocation: ${upstream.url}${to}\r\ncontent-length: 0\r\n\r\n`,
        )
      })
      const gateway = await gatewayTo(upstream.url)
      const answer = await run(`${gateway.url}/agents/echo/runs`)
      expect(answer.status).toBe(307)
      expect(answer.headers.location).toBe(shown ?? `${upstream.url}${to}`)
      expect(runsIn(upstream.heads)).toBe(1)
    }
  })
})
