/** Tests a gateway on two addresses: a listener of `localhost` has `127.0.0.1` and `::1`. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { networkInterfaces } from 'node:os'
import { connect as connectTls } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { listenAddresses, listenAlso } from '../../src/listeners.ts'
import { startAgentOs } from '../support/agentos.ts'
import { certificateFor } from '../support/certificates.ts'
import { rawConnection } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startProcess } from '../support/process.ts'

const { lo = [] } = networkInterfaces()
/** Every address of 127.0.0.0/8 is a loopback address of Linux. */
const SECOND = lo.some(({ address }) => address === '::1') ? '::1' : '127.0.0.2'
const HOSTS = ['127.0.0.1', SECOND] as const
const HEALTH = 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n'
const UPSTREAMS = [{ name: 'a', url: 'http://127.0.0.1:1' }]

/** Starts a gateway on both addresses. @param keys of the configuration file */
function onBoth(keys: object = {}) {
  return startGateway({ upstreams: UPSTREAMS, ...keys }, { hosts: HOSTS })
}

describe('a gateway on two addresses', () => {
  test.for(HOSTS)('malformed HTTP gets 400 in AgentOS shape at %s', async (host) => {
    const { port } = await onBoth()
    const connection = await rawConnection(port, host)
    connection.write('GARBAGE\r\n\r\n')
    expect(await connection.whole()).toMatch(/^HTTP\/1.1 400 .*AGW_BAD_REQUEST.*"detail"/s)
  })

  test.for(HOSTS)('an unknown expectation is ignored at %s', async (host) => {
    const { port } = await onBoth()
    const connection = await rawConnection(port, host)
    connection.write(HEALTH.replace('host: x', 'host: x\r\nexpect: more'))
    expect(await connection.until(/"status"/)).toMatch(/^HTTP\/1.1 200 /)
  })

  test.for(HOSTS)('a head that exceeds header_timeout gets 408 at %s', async (host) => {
    const { port } = await onBoth({ header_timeout: 0.3 })
    const connection = await rawConnection(port, host)
    connection.write('GET /health HTTP/1.1\r\nhost: ')
    expect(await connection.whole()).toMatch(/^HTTP\/1.1 408 .*AGW_REQUEST_TIMEOUT/s)
  })

  test.for(HOSTS)('max_connections_per_address holds at %s', async (host) => {
    const { port } = await onBoth({ max_connections_per_address: 2 })
    for (let count = 0; count < 2; count++) {
      const connection = await rawConnection(port, host)
      connection.write(HEALTH)
      expect(await connection.until(/"status"/)).toMatch(/^HTTP\/1.1 200 /)
    }
    const third = await rawConnection(port, host)
    expect(await third.whole()).toMatch(/^HTTP\/1.1 429 .*AGW_TOO_MANY_CONNECTIONS/s)
  })

  test.for(HOSTS)('a pipelined run waits for the run before it at %s', async (host) => {
    const upstream = await startAgentOs()
    const upstreams = [{ name: 'a', url: upstream.url }]
    const { port } = await startGateway({ upstreams }, { ready: ['a'], hosts: HOSTS })
    const connection = await rawConnection(port, host)
    connection.write(
      'POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n'.repeat(2),
    )
    const first = await upstream.next()
    const other = await rawConnection(port, host)
    other.write(HEALTH)
    await other.until(/"status"/)
    expect(upstream.waiting).toBe(0)
    first.json({ n: 1 })
    ;(await upstream.next()).json({ n: 2 })
    expect(await connection.until(/"n":2/)).toMatch(/"n":1.*HTTP\/1.1 200 /s)
  })

  test.for(HOSTS)('a WebSocket opens at %s', async (host) => {
    const { port } = await onBoth()
    const name = host.includes(':') ? `[${host}]` : host
    const socket = new WebSocket(`ws://${name}:${port}/workflows/ws`)
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    expect(socket.readyState).toBe(WebSocket.OPEN)
  })

  test.for(HOSTS)('TLS with a renewed certificate serves %s', async (host) => {
    const [before, after] = [certificateFor('one.internal'), certificateFor('two.internal')]
    const { certFile: cert_file, keyFile: key_file } = before
    const { port, app } = await onBoth({ listen: { tls: { cert_file, key_file } } })
    const server = app.server as unknown as { setSecureContext(pair: object): void }
    server.setSecureContext({ cert: after.cert, key: after.key })
    const socket = connectTls({ port, host, rejectUnauthorized: false, servername: 'x' })
    onTestFinished(() => {
      socket.destroy()
    })
    await once(socket, 'secureConnect')
    expect(socket.getPeerCertificate().subject['CN']).toBe('two.internal')
    socket.write(HEALTH)
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 200 /)
  })

  test.for(HOSTS)('a drain closes idle connections and the listener at %s', async (host) => {
    const upstream = await startAgentOs()
    const upstreams = [{ name: 'a', url: upstream.url }]
    const { port, app } = await startGateway({ upstreams }, { ready: ['a'], hosts: HOSTS })
    const [idle, busy] = await Promise.all(HOSTS.map((at) => rawConnection(port, at)))
    const [one, two] = host === HOSTS[0] ? [idle, busy] : [busy, idle]
    one?.write(HEALTH)
    await one?.until(/"status"/)
    two?.write('POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n')
    const run = await upstream.next()
    const drained = app.drain(20_000)
    await one?.closed
    await expect(rawConnection(port, host)).rejects.toThrow('ECONNREFUSED')
    run.json({ n: 1 })
    await drained
    expect(await two?.whole()).toMatch(/^HTTP\/1.1 200 .*"n":1/s)
  })
})

test.for([1, 2])('%s worker processes serve both addresses of localhost', async (workers) => {
  const listen = { host: 'localhost' }
  const document = { workers, listen, metrics: { ...listen, port: 0 }, upstreams: UPSTREAMS }
  const probe = new URL('../support/localhost-twice.ts', import.meta.url).href
  const gateway = await startProcess(document, { probe, env: { SECOND_ADDRESS: SECOND } })
  const metrics = await gateway.until(({ msg }) => msg === 'metrics')
  for (const { port } of [gateway.url, String(metrics['url'])].map((url) => new URL(url))) {
    for (const host of HOSTS) {
      const connection = await rawConnection(Number(port), host)
      connection.write('GARBAGE\r\n\r\n')
      expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 400 /)
    }
  }
  gateway.child.kill('SIGTERM')
  expect(await gateway.exited).toBe(0)
})

test('localhost resolves to each of its addresses, IPv4 first', async () => {
  const resolve = async () =>
    ['127.0.0.1', '::1', '127.0.0.1'].map((address) => ({ address, family: 4 }))
  expect(await listenAddresses('localhost', resolve)).toEqual(['127.0.0.1', '::1'])
  expect(await listenAddresses('localhost')).toContain('127.0.0.1')
  expect(await listenAddresses('0.0.0.0')).toEqual(['0.0.0.0'])
})

describe('further addresses', () => {
  async function listening(host: string, port = 0) {
    const server = createServer().listen(port, host)
    onTestFinished(() => {
      server.close()
    })
    await once(server, 'listening')
    return { server, port: (server.address() as { port: number }).port }
  }

  test('an address that the machine does not have is left out', async () => {
    const { server } = await listening('127.0.0.1')
    expect(await listenAlso(server, ['192.0.2.1'])).toEqual([])
  })

  test('a port in use at a further address ends the start', async () => {
    const { server, port } = await listening('127.0.0.1')
    await listening(SECOND, port)
    await expect(listenAlso(server, [SECOND])).rejects.toThrow('EADDRINUSE')
  })
})
