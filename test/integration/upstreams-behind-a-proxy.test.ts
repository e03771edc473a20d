import { once } from 'node:events'
import { createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { OpenAiLeader } from '../../src/compose/openai-leader.ts'
import { proxyFor } from '../../src/upstream/proxy.ts'
import { tunnelAgent } from '../../src/upstream/tunnel.ts'
import { startAgentOs } from '../support/agentos.ts'
import { certificateFor, type TestCertificate } from '../support/certificates.ts'
import { send } from '../support/client.ts'
import { answerJson, startFakeUpstream } from '../support/fake-upstream.ts'
import { proxyVariables, startForwardProxy } from '../support/forward-proxy.ts'
import { gatewayOf, startGateway } from '../support/gateway.ts'
import { refusingUrl } from '../support/raw-upstream.ts'
import { connectedSocket } from '../support/socket-client.ts'
import { startSocketUpstream } from '../support/socket-upstream.ts'
import { bearer, issuerKey } from '../support/tokens.ts'
import { tracedGateway } from './tracing/support.ts'

const UNREACHABLE = { status: 502, text: `{"detail":"Upstream 'a' is unreachable"}` }

async function through(url: string, upstream: object = {}) {
  const gateway = await startGateway({
    upstreams: [{ name: 'a', url, discover: false, ...upstream }],
  })
  const answer = await send(`${gateway.url}/sessions`)
  return { gateway, answer, status: answer.status, text: await answer.whole() }
}

async function repeatingUpstream() {
  return startFakeUpstream((_request, response) => {
    response.writeHead(200, ['set-cookie', 'a=1', 'set-cookie', 'b=2'])
    response.end('{"done":true}')
  })
}

test('an http upstream is reached through a tunnel of HTTP_PROXY', async () => {
  const upstream = await repeatingUpstream()
  const proxy = await startForwardProxy()
  proxyVariables({ HTTP_PROXY: proxy.url })
  // Only the proxy resolves the name.
  const { status, text, answer } = await through(`http://agents.invalid:${upstream.port}`)
  expect({ status, text }).toEqual({ status: 200, text: '{"done":true}' })
  expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2'])
  expect(upstream.requests.at(-1)?.url).toBe('/sessions')
  expect(new Set(proxy.targets)).toEqual(new Set([`agents.invalid:${upstream.port}`]))
})

test('requests in turn reuse the tunnels', async () => {
  const upstream = await repeatingUpstream()
  const proxy = await startForwardProxy()
  proxyVariables({ HTTP_PROXY: proxy.url })
  const { gateway } = await through(upstream.url)
  for (let i = 0; i < 30; i++) await (await send(`${gateway.url}/sessions`)).whole()
  expect(proxy.targets.length).toBeLessThan(upstream.requests.length / 2)
})

async function tlsUpstream(certificate: TestCertificate): Promise<number> {
  const server = createServer(certificate, (_request, response) => response.end('{"done":true}'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

test('an https upstream is verified by its own name inside the tunnel', async () => {
  const certificate = certificateFor('eu.internal')
  const port = await tlsUpstream(certificate)
  const proxy = await startForwardProxy()
  proxyVariables({ HTTPS_PROXY: proxy.url })
  const tls = { ca_file: certificate.certFile }
  expect(await through(`https://eu.internal:${port}`, { tls })).toMatchObject({ status: 200 })
  expect(await through(`https://127.0.0.1:${port}`, { tls })).toMatchObject({ status: 200 })
  expect(await through(`https://us.internal:${port}`, { tls })).toMatchObject(UNREACHABLE)
  expect(await through(`https://eu.internal:${port}`)).toMatchObject(UNREACHABLE)
  expect(proxy.targets).toContain(`eu.internal:${port}`)
})

test('an https upstream is reached through a proxy that itself uses TLS', async () => {
  const port = await tlsUpstream(certificateFor('eu.internal'))
  const proxy = await startForwardProxy({ certificate: certificateFor('proxy.internal') })
  proxyVariables({ HTTPS_PROXY: proxy.url, NODE_TLS_REJECT_UNAUTHORIZED: '0' })
  expect(await through(`https://eu.internal:${port}`)).toMatchObject({ status: 200 })
  expect(proxy.targets).toContain(`eu.internal:${port}`)
})

test('an agent opens connections with TLS inside the tunnel', async () => {
  const certificate = certificateFor('eu.internal')
  const url = new URL(`https://eu.internal:${await tlsUpstream(certificate)}`)
  const proxy = proxyFor(url, { HTTPS_PROXY: (await startForwardProxy()).url })
  if (proxy === undefined) throw new Error('no proxy was chosen')
  const agent = tunnelAgent(proxy, { url, timeoutMs: 5_000, tls: { ca: certificate.cert } })
  const [response] = await once(get(url, { agent }), 'response')
  expect(response.statusCode).toBe(200)
  response.resume()
})

test('a gateway does not start with a proxy that is no HTTP proxy', async () => {
  proxyVariables({ HTTPS_PROXY: 'socks5://robot:secret@127.0.0.1' })
  await expect(through(refusingUrl())).rejects.toThrow('HTTPS_PROXY is not the URL of a proxy')
})

test('an upstream in NO_PROXY is reached directly', async () => {
  const upstream = await repeatingUpstream()
  proxyVariables({ HTTP_PROXY: refusingUrl(), NO_PROXY: '127.0.0.0/8' })
  expect(await through(upstream.url)).toMatchObject({ status: 200 })
})

test('a dead proxy makes its upstream unreachable', async () => {
  const upstream = await repeatingUpstream()
  proxyVariables({ HTTP_PROXY: refusingUrl() })
  const { gateway, ...answer } = await through(upstream.url)
  expect(answer).toMatchObject(UNREACHABLE)
  expect(await gateway.log.access('/sessions')).toMatchObject({ error: 'AGW_UPSTREAM_UNREACHABLE' })
  expect(upstream.requests).toEqual([])
})

test('a proxy that answers 407 is named by its status without its credentials', async () => {
  const proxy = await startForwardProxy({ status: 407 })
  proxyVariables({ HTTP_PROXY: proxy.url.replace('//', '//robot:pass%20word@') })
  const { gateway, ...answer } = await through('http://agents.invalid:7777')
  expect(answer).toMatchObject(UNREACHABLE)
  const basic = Buffer.from('robot:pass word').toString('base64')
  expect(proxy.credentials[0]).toBe(`Basic ${basic}`)
  const status = await (await send(`${gateway.url}/gateway/status`)).whole()
  expect(status).toContain('PROXY_STATUS_407')
  for (const secret of ['robot', 'pass', basic]) {
    expect(status + gateway.log.text).not.toContain(secret)
  }
})

test('a silent proxy ends with the connect timeout', async () => {
  const proxy = await startForwardProxy({ isSilent: true })
  proxyVariables({ HTTP_PROXY: proxy.url })
  const { gateway, status } = await through('http://agents.invalid:7777', {
    connect_timeout: '200ms',
  })
  expect(status).toBe(504)
  expect(await gateway.log.access('/sessions')).toMatchObject({ error: 'AGW_CONNECT_TIMEOUT' })
})

test('a proxy whose certificate has an unknown authority is refused', async () => {
  const proxy = await startForwardProxy({ certificate: certificateFor('proxy.internal') })
  proxyVariables({ HTTP_PROXY: proxy.url })
  expect(await through('http://agents.invalid:7777')).toMatchObject(UNREACHABLE)
  expect(proxy.targets).toEqual([])
})

test('the workflow socket reaches its upstream through the proxy', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const proxy = await startForwardProxy()
  proxyVariables({ HTTP_PROXY: proxy.url })
  const gateway = await gatewayOf({ a: upstream.url })
  const client = await connectedSocket(gateway.url)
  const before = proxy.targets.length
  client.say({ action: 'start-workflow', workflow_id: 'flow', message: 'hi' })
  await (await upstream.next()).start('r1')
  expect(await client.nextEvent()).toMatchObject({ run_id: 'r1' })
  expect(proxy.targets.length).toBe(before + 1)
})

test('the workflow socket of an https upstream is opened inside the tunnel', async () => {
  const certificate = certificateFor('eu.internal')
  const upstream = await startSocketUpstream({ workflows: ['flow'] }, { certificate })
  const proxy = await startForwardProxy()
  proxyVariables({ HTTPS_PROXY: proxy.url })
  const url = upstream.url.replace('127.0.0.1', 'eu.internal')
  const gateway = await startGateway(
    { upstreams: [{ name: 'a', url, tls: { ca_file: certificate.certFile } }] },
    { ready: ['a'] },
  )
  const client = await connectedSocket(gateway.url)
  client.say({ action: 'start-workflow', workflow_id: 'flow', message: 'hi' })
  await (await upstream.next()).start('r1')
  expect(await client.nextEvent()).toMatchObject({ run_id: 'r1' })
  expect(new Set(proxy.targets)).toEqual(new Set([new URL(url).host]))
})

test('the key set of an issuer is fetched through the proxy', async () => {
  const key = issuerKey('one')
  const issuer = await startFakeUpstream((_request, response) =>
    answerJson(response, { keys: [key.jwk] }),
  )
  const upstream = await startAgentOs()
  const proxy = await startForwardProxy()
  proxyVariables({ HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' })
  const jwks_url = `http://issuer.invalid:${issuer.port}/jwks.json`
  const auth = { mode: 'jwt', jwks_url }
  const gateway = await gatewayOf({ a: upstream.url }, { auth })
  const answer = await send(`${gateway.url}/agents`, { headers: bearer(key.token()) })
  expect(answer.status).toBe(200)
  expect(proxy.targets).toEqual([`issuer.invalid:${issuer.port}`])
})

test('spans reach the collector through the proxy', async () => {
  const upstream = await startAgentOs()
  const proxy = await startForwardProxy()
  proxyVariables({ HTTP_PROXY: proxy.url })
  const { gateway, collector } = await tracedGateway(
    { upstreams: [{ name: 'a', url: upstream.url }] },
    ['a'],
  )
  await send(`${gateway.url}/health`)
  await collector.until(() => true)
  expect(proxy.targets).toContain(new URL(collector.url).host)
})

test("a leader's model is called through the proxy", async () => {
  const proxy = await startForwardProxy({ status: 502 })
  proxyVariables({ HTTP_PROXY: proxy.url })
  const options = { model: 'm', baseUrl: 'http://models.invalid/v1', retries: 0 }
  const turn = new OpenAiLeader(options).turn({
    system: '',
    messages: [{ role: 'user', content: 'hi' }],
    tools: [],
    signal: new AbortController().signal,
    onText: () => Promise.resolve(),
  })
  await expect(turn).rejects.toThrow()
  expect(proxy.targets).toEqual(['models.invalid:80'])
})
