/** Serves the test page over HTTP and HTTPS on free ports, to which Chromium maps the origins. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { TestCertificate } from '../../support/certificates.ts'

export interface PageServers {
  /** Port for `https:` origins. */
  readonly tlsPort: number
  /** Port for `http:` origins. */
  readonly port: number
  close(): Promise<void>
}

const DIRECTORY = new URL('../page/', import.meta.url)

/** Serves the page and its modules with types stripped. */
const serve: RequestListener = ({ url = '/' }, response) => {
  const name = url === '/' ? 'index.html' : url.slice(1)
  if (!/^[\w-]+\.(?:html|ts)$/.test(name)) {
    response.writeHead(404).end()
    return
  }
  const text = readFileSync(new URL(name, DIRECTORY), 'utf8')
  const isScript = name.endsWith('.ts')
  response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
  response.end(isScript ? stripTypeScriptTypes(text) : text)
}

export async function startPageServers({ key, cert }: TestCertificate): Promise<PageServers> {
  const servers = [createTlsServer({ key, cert }, serve), createServer(serve)] as const
  const [tlsPort, port] = await Promise.all(servers.map(listening))
  if (tlsPort === undefined || port === undefined) throw new Error('no ports')
  const close = async () => {
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
  }
  return { tlsPort, port, close }
}

async function listening(server: Pick<Server, 'listen' | 'address' | 'once'>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server as Server, 'listening')
  return (server.address() as AddressInfo).port
}
