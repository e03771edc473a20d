import { once } from 'node:events'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { certificateFor, type TestCertificate } from '../../support/certificates.ts'
import { send } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'

/** Starts an upstream behind TLS; `asked` receives the name in each client certificate. */
async function tlsUpstream({ cert, key }: TestCertificate, options: ServerOptions = {}) {
  const asked: string[] = []
  const server = createServer({ cert, key, ...options }, (request, response) => {
    const socket = request.socket as TLSSocket
    asked.push(String(socket.getPeerCertificate().subject?.CN ?? socket.servername))
    response.end('{"done":true}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

async function throughGateway(url: string, tls: object) {
  const gateway = await startGateway({ upstreams: [{ name: 'a', url, discover: false, tls }] })
  const answer = await send(`${gateway.url}/sessions`)
  return { status: answer.status, text: await answer.whole() }
}

const REFUSED = { status: 502, text: `{"detail":"Upstream 'a' is unreachable"}` }
const DONE = { status: 200, text: '{"done":true}' }

test('an upstream certificate of an unknown authority is refused', async () => {
  const upstream = await tlsUpstream(certificateFor('eu.internal'))
  expect(await throughGateway(upstream.url, {})).toEqual(REFUSED)
  expect(upstream.asked).toEqual([])
})

test('an upstream certificate is accepted with ca_file or without verification', async () => {
  const certificate = certificateFor('eu.internal')
  const upstream = await tlsUpstream(certificate)
  expect(await throughGateway(upstream.url, { ca_file: certificate.certFile })).toEqual(DONE)
  expect(await throughGateway(upstream.url, { verify: false })).toEqual(DONE)
})

test('an upstream certificate must match the requested server name', async () => {
  const certificate = certificateFor('eu.internal')
  const upstream = await tlsUpstream(certificate)
  const ca_file = certificate.certFile
  expect(await throughGateway(upstream.url, { ca_file, server_name: 'us.internal' })).toEqual(
    REFUSED,
  )
  expect(await throughGateway(upstream.url, { ca_file, server_name: 'eu.internal' })).toEqual(DONE)
  expect(new Set(upstream.asked)).toEqual(new Set(['eu.internal']))
})

test('the gateway presents its client certificate when the upstream requires one', async () => {
  const certificate = certificateFor('eu.internal')
  const own = certificateFor('gateway')
  const upstream = await tlsUpstream(certificate, {
    requestCert: true,
    rejectUnauthorized: true,
    ca: own.cert,
  })
  const tls = { ca_file: certificate.certFile, cert_file: own.certFile, key_file: own.keyFile }
  expect(await throughGateway(upstream.url, tls)).toEqual(DONE)
  expect(new Set(upstream.asked)).toEqual(new Set(['gateway']))
  const { status } = await throughGateway(upstream.url, { ca_file: certificate.certFile })
  expect(status).toBe(502)
})
