/** A forward proxy for CONNECT with faults that the test chooses. It refuses targets in absolute form. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import { onTestFinished, vi } from 'vitest'
import type { TestCertificate } from './certificates.ts'

export interface ForwardProxyOptions {
  /** Answers CONNECT with this status. Default 200. */
  readonly status?: number
  /** Receives CONNECT and never answers. */
  readonly isSilent?: boolean
  /** The proxy itself listens with TLS. */
  readonly certificate?: TestCertificate
}

export interface ForwardProxy {
  readonly url: string
  /** Targets of CONNECT, as `host:port`. */
  readonly targets: readonly string[]
  /** `Proxy-Authorization` of each CONNECT. */
  readonly credentials: readonly (string | undefined)[]
}

/** Listens until the test ends. Every tunnel leads to 127.0.0.1 at the requested port. */
export async function startForwardProxy(options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const { status = 200, isSilent = false, certificate } = options
  const targets: string[] = []
  const credentials: (string | undefined)[] = []
  const sockets = new Set<Socket>()
  const server = certificate
    ? createTlsServer({ cert: certificate.cert, key: certificate.key })
    : createServer()
  server
    .on('connection', (socket: Socket) => sockets.add(socket))
    .on('request', (_message, response) => void response.writeHead(405).end())
    .on('connect', ({ url = '', headers }: IncomingMessage, socket: Socket) => {
      targets.push(url)
      credentials.push(headers['proxy-authorization'])
      socket.on('error', () => {})
      if (isSilent) return
      if (status !== 200) {
        socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\n\r\n`)
        return
      }
      const behind = connect(Number(url.slice(url.lastIndexOf(':') + 1)), '127.0.0.1')
      sockets.add(behind)
      behind.once('connect', () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'))
      behind.on('error', () => socket.destroy()).pipe(socket)
      socket.on('close', () => behind.destroy()).pipe(behind)
    })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  return { url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`, targets, credentials }
}

/** Sets the proxy variables for one test and clears the others. */
export function proxyVariables(variables: Readonly<Record<string, string>>): void {
  onTestFinished(() => void vi.unstubAllEnvs())
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy']) {
    vi.stubEnv(name, '')
    vi.stubEnv(name.toUpperCase(), '')
  }
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
}
