import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { run, send } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { JWT_AUTH } from '../../support/tokens.ts'

/** Starts a server that applies a fault to every connection. */
async function rude(act: (write: (bytes: string) => void, end: () => void) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () =>
      act(
        (bytes) => socket.write(bytes),
        () => socket.destroy(),
      ),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const FAULTS: Record<string, () => Promise<number>> = {
  refused: async () => {
    const port = await rude(() => {})
    return port === 1 ? 2 : 1
  },
  reset: () => rude((_write, end) => end()),
  'not HTTP': () => rude((write) => write('SSH-2.0-OpenSSH_9.6\r\n')),
  silent: () => rude(() => {}),
  'split header': () =>
    rude((write) => write('HTTP/1.1 200 OK\r\nx-a: b\rset-cookie: c=1\r\n\r\n')),
  'broken in the middle': () =>
    rude((write, end) => {
      write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n')
      setImmediate(end)
    }),
}

test.each(Object.keys(FAULTS))(
  'an upstream that is %s exposes no address and no stack trace',
  async (fault) => {
    const port = await (FAULTS[fault] as () => Promise<number>)()
    const gateway = await startGateway({
      upstreams: [{ name: 'a', url: `http://127.0.0.1:${port}/secret-base`, discover: false }],
      agents: [{ upstream: 'a', agent_id: 'echo' }],
      timeout: 0.3,
    })
    const answers = [
      await run(`${gateway.url}/agents/echo/runs`),
      await send(`${gateway.url}/agents/echo`),
      await send(`${gateway.url}/agents`),
      await send(`${gateway.url}/upstreams/a/x`),
    ]
    for (const answer of answers) {
      const text = await answer.whole()
      const said = `${JSON.stringify(answer.headers)}\n${text}`
      expect(said).not.toMatch(/127\.0\.0\.1|secret-base|ECONN|UND_ERR|HPE_|node:|\.ts\b|\bat /)
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
  },
)

test('pages of the gateway send security headers and are not cached', async () => {
  const upstream = await startAgentOs()
  const gateway = await startGateway({
    upstreams: [{ name: 'a', url: upstream.url }],
    auth: JWT_AUTH,
  })
  for (const path of ['/gateway/status', '/%67ateway/status', '/gateway/ready', '/gateway/none']) {
    const { headers } = await send(gateway.url + path)
    expect(headers, path).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
  }
  for (const path of [
    '/docs',
    '/docs/docs.js',
    '/docs/swagger-ui.css',
    '/redoc',
    '/openapi.json',
  ]) {
    const { headers } = await send(gateway.url + path)
    expect(headers, path).toMatchObject({
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
    })
  }
  const { headers } = await send(`${gateway.url}/docs`)
  expect(headers['content-security-policy']).toContain("default-src 'self'")
})

test('forwarding headers of an untrusted peer are not passed on', async () => {
  const upstream = await startAgentOs({}, (_request, response) => {
    response.end('{}')
  })
  const gateway = await startGateway({
    upstreams: [{ name: 'a', url: upstream.url, discover: false }],
  })
  const spoofed = {
    forwarded: 'for=10.0.0.1',
    'x-forwarded-for': '10.0.0.1',
    'x-forwarded-host': 'evil',
    'x-forwarded-port': '1',
    'x-forwarded-prefix': '/evil',
    'x-forwarded-proto': 'gopher',
    'x-forwarded-server': 'evil',
    'x-forwarded-ssl': 'on',
    'x-real-ip': '10.0.0.1',
  }
  await send(`${gateway.url}/sessions`, { headers: spoofed })
  const seen = upstream.requests.find(({ url }) => url === '/sessions')?.headers ?? {}
  const kept = Object.entries(spoofed).filter(([name, value]) => seen[name] === value)
  expect(kept).toEqual([])
  expect(seen['x-forwarded-for']).toBe('127.0.0.1')
})
