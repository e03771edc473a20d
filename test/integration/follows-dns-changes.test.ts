import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { DEFAULT_BALANCING } from '../../config/types.ts'
import { Ticker } from '../../src/upstream/ticker.ts'
import { Upstream } from '../../src/upstream/upstream.ts'
import { configOf } from '../support/gateway.ts'

/** Answers with the address it listens on and the host header of the request. */
async function listen(address: string, port = 0): Promise<Server> {
  const server = createServer((request, response) => {
    response.end(`${address} ${request.headers.host}`)
  })
  server.listen(port, address)
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return server
}

/** Opens an upstream whose host name resolves to the addresses that the test sets. */
async function named(ttl: number) {
  const port = ((await listen('127.0.0.1')).address() as AddressInfo).port
  await listen('127.0.0.2', port)
  const dns = { addresses: ['127.0.0.1'], lookups: 0 }
  const [config] = configOf({
    upstreams: [{ name: 'a', url: `http://agents.test:${port}` }],
  }).upstreams
  if (config === undefined) throw new Error('no upstream')
  const balancing = { ...DEFAULT_BALANCING, dnsTtlMs: ttl }
  const upstream = new Upstream({ ...config, balancing }, new Ticker(), {
    resolve: async () => {
      dns.lookups++
      if (dns.addresses.length === 0) throw Object.assign(new Error('gone'), { code: 'ENOTFOUND' })
      return dns.addresses.map((address) => ({ address, family: 4 }))
    },
  })
  onTestFinished(() => upstream.destroy())
  const ask = async () => (await upstream.fetch('/', { silenceMs: 0 })).body.toString()
  return { dns, port, ask, upstream }
}

test('connections rotate over the addresses of a name and keep its host', async () => {
  const { dns, port, ask } = await named(60_000)
  dns.addresses = ['127.0.0.1', '127.0.0.2']
  const answers = await Promise.all([ask(), ask(), ask(), ask()])
  expect(answers.sort()).toEqual([
    `127.0.0.1 agents.test:${port}`,
    `127.0.0.1 agents.test:${port}`,
    `127.0.0.2 agents.test:${port}`,
    `127.0.0.2 agents.test:${port}`,
  ])
  expect(dns.lookups).toBe(1)
})

test('an address that refuses connections is skipped within one request', async () => {
  const { dns, ask } = await named(60_000)
  dns.addresses = ['127.0.0.9', '127.0.0.2']
  for (let count = 0; count < 4; count++) expect(await ask()).toMatch(/^127\.0\.0\.2 /)
})

test('requests follow a name to its new address despite open connections', async () => {
  const { dns, ask } = await named(0)
  expect(await ask()).toMatch(/^127\.0\.0\.1 /)
  dns.addresses = ['127.0.0.2']
  // The first request after the TTL uses the old address while the name is resolved.
  await ask()
  expect(await ask()).toMatch(/^127\.0\.0\.2 /)
})

test('known addresses stay in use while the name cannot be resolved', async () => {
  const { dns, ask } = await named(0)
  await ask()
  dns.addresses = []
  const answers = await Promise.all([ask(), ask(), ask()])
  expect(answers.every((answer) => answer.startsWith('127.0.0.1'))).toBe(true)
})

test('a name that never resolved gives AGW_UPSTREAM_UNREACHABLE', async () => {
  const { dns, ask } = await named(0)
  dns.addresses = []
  await expect(ask()).rejects.toMatchObject({ code: 'AGW_UPSTREAM_UNREACHABLE' })
})
