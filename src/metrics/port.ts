/** Metrics on a port of their own: for whoever reaches it, so it belongs where only those come who may. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CONTENT_TYPE } from './exposition.ts'

/** Where it listens. */
export interface MetricsPort {
  /** Base URL. */
  readonly url: string
  /** Cuts every connection. */
  close(): Promise<void>
}

/**
 * Answers `GET /metrics`, and `GET /gateway/metrics` for whoever moves from the one to the other.
 *
 * @param text what is answered; a failure is a 500
 * @throws when the address can't be listened on
 */
export async function listenForMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  text: () => Promise<string>,
): Promise<MetricsPort> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] as string
    const isKnown = path === '/metrics' || path === '/gateway/metrics'
    const isReading = request.method === 'GET' || request.method === 'HEAD'
    if (!isKnown || !isReading) {
      response.writeHead(isKnown ? 405 : 404).end()
      return
    }
    text().then(
      (body) => response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(body),
      () => response.writeHead(500).end(),
    )
  })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  const close = async () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://${name}:${address.port}`, close }
}
