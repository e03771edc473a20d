import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, Server, type TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { renewCertificate } from '../../../cli/serve.ts'
import { watchListenTls } from '../../../config/listen-tls.ts'
import type { TestCertificate } from '../../support/certificates.ts'
import { certificateFor, temporaryDirectory } from '../../support/certificates.ts'
import { rawConnection } from '../../support/client.ts'
import { configOf, startGateway } from '../../support/gateway.ts'

/** RFC 8446 §5.1: a handshake record of 200 bytes, which do not follow. */
const BEGIN_OF_A_CLIENT_HELLO = Buffer.from('16030100c8010000c40303', 'hex')
const UPSTREAMS = [{ name: 'a', url: 'http://127.0.0.1:1', discover: false }]

/** Returns the name in the server's certificate and its answer. */
function ask(port: number): Promise<{ name: string; text: string; socket: TLSSocket }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    name: string
    text: string
    socket: TLSSocket
  }>()
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
    const name = String(socket.getPeerCertificate().subject.CN)
    socket.write('GET /health HTTP/1.1\r\nhost: a\r\n\r\n')
    socket.once('data', (chunk: Buffer) => resolve({ name, text: chunk.toString(), socket }))
  })
  socket.on('error', reject)
  onTestFinished(() => {
    socket.destroy()
  })
  return promise
}

test('a TLS handshake slower than header_timeout closes the connection', async () => {
  const { certFile: cert_file, keyFile: key_file } = certificateFor('first.internal')
  const gateway = await startGateway({
    upstreams: UPSTREAMS,
    header_timeout: 0.3,
    listen: { tls: { cert_file, key_file } },
  })
  const connection = await rawConnection(gateway.port)
  connection.write(BEGIN_OF_A_CLIENT_HELLO)
  await connection.closed
  expect((await ask(gateway.port)).text).toMatch(/^HTTP\/1.1 200 /)
})

test('a renewed certificate is loaded while the gateway runs', async () => {
  const first = certificateFor('first.internal')
  const second = certificateFor('second.internal')
  const { certFile: cert_file, keyFile: key_file } = first
  const gateway = await startGateway({
    upstreams: UPSTREAMS,
    listen: { tls: { cert_file, key_file } },
  })
  const before = await ask(gateway.port)
  expect(before).toMatchObject({ name: 'first.internal', text: /^HTTP\/1.1 200 / })
  const server: unknown = gateway.app.server
  const tls = gateway.app.engine.current.config.listen.tls
  if (!(server instanceof Server) || tls === undefined) return expect.unreachable()
  const events: string[] = []
  const stop = watchListenTls(
    tls,
    {
      onRenewed: (pair) => {
        server.setSecureContext(pair)
        events.push('renewed')
      },
      onFailure: (reason) => events.push(reason),
    },
    50,
  )
  onTestFinished(stop)
  writeFileSync(key_file, second.key)
  await expect.poll(() => events).toContain('key_file does not match cert_file')
  expect((await ask(gateway.port)).name).toBe('first.internal')
  writeFileSync(cert_file, second.cert)
  await expect.poll(() => events).toContain('renewed')
  expect((await ask(gateway.port)).name).toBe('second.internal')
  expect(before.socket.destroyed).toBe(false)
})

test('TLS versions older than 1.2 are refused', async () => {
  const { certFile: cert_file, keyFile: key_file } = certificateFor('gateway.internal')
  const gateway = await startGateway({
    upstreams: UPSTREAMS,
    listen: { tls: { cert_file, key_file } },
  })
  const old = connect({
    port: gateway.port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    // Otherwise the client itself would refuse the old version.
    ciphers: 'DEFAULT:@SECLEVEL=0',
  })
  onTestFinished(() => void old.destroy())
  const [error] = await once(old, 'error')
  expect((error as NodeJS.ErrnoException).code).toMatch(/PROTOCOL_VERSION/)
})

describe('listen.tls with client_ca_file', () => {
  /** Returns the answer to a caller with this certificate, or with none. */
  async function answerFor(port: number, shown?: TestCertificate): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>()
    const own = shown && { cert: shown.cert, key: shown.key }
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...own })
    onTestFinished(() => void socket.destroy())
    let text = ''
    socket
      .on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      .on('error', () => {})
      .on('close', () => resolve(text))
    socket.write('GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
    return promise
  }

  test('client certificates are required from the CA, even after its renewal', async () => {
    const own = certificateFor('gateway.internal')
    const [alice, bob] = [certificateFor('alice.internal'), certificateFor('bob.internal')]
    const client_ca_file = join(temporaryDirectory(), 'clients.pem')
    writeFileSync(client_ca_file, alice.cert)
    const tls = { cert_file: own.certFile, key_file: own.keyFile, client_ca_file }
    const gateway = await startGateway({ upstreams: UPSTREAMS, listen: { tls } })
    const ask = (shown?: TestCertificate) => answerFor(gateway.port, shown)
    expect(await ask(alice)).toMatch(/^HTTP\/1.1 200 /)
    expect([await ask(), await ask(bob)]).toEqual(['', ''])
    const stop = renewCertificate(
      gateway.app,
      gateway.app.engine.current.config,
      gateway.log.logger,
      50,
    )
    onTestFinished(stop)
    writeFileSync(client_ca_file, bob.cert)
    await gateway.log.until(({ msg }) => msg === 'renewed certificate in force')
    expect(await ask(bob)).toMatch(/^HTTP\/1.1 200 /)
    expect([await ask(), await ask(alice)]).toEqual(['', ''])
  })
})

describe('listen.tls', () => {
  test('unreadable or mismatched TLS files are refused', () => {
    const one = certificateFor('one.internal')
    const two = certificateFor('two.internal')
    const load = (cert_file: string, key_file: string) => () =>
      configOf({ upstreams: UPSTREAMS, listen: { tls: { cert_file, key_file } } })
    expect(load(one.certFile, two.keyFile)).toThrow('key_file does not match cert_file')
    expect(load('none.pem', one.keyFile)).toThrow('cannot be read: no such file')
    const withClients = (client_ca_file: string) => () => {
      const tls = { cert_file: one.certFile, key_file: one.keyFile, client_ca_file }
      return configOf({ upstreams: UPSTREAMS, listen: { tls } })
    }
    expect(withClients(one.keyFile)).toThrow('client_ca_file is not a PEM certificate')
    expect(withClients(two.certFile)().listen.tls).toMatchObject({ clientCa: two.cert })
    expect(load(one.certFile, one.keyFile)().listen.tls).toMatchObject({ cert: one.cert })
  })
})
