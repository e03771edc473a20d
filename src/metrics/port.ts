/** Serves metrics on a separate port without authentication: the network has to limit access to the port. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { oneByOne } from '../limits/pipelining.ts'
import { disconnectStalledCallers } from '../limits/stalled-callers.ts'
import { listenAddresses, listenAlso } from '../listeners.ts'
import { createServer } from '../node-http.ts'
import { CONTENT_TYPE } from './exposition.ts'

/** Longest wait for a whole request, in milliseconds. Scrapers send a short head and no body. */
const REQUEST_TIMEOUT_MS = 10_000

/** Longest time for which a scraper takes no bytes of its answer, in milliseconds. */
const STALLED_MS = 30_000

/** The listening server. */
export interface MetricsPort {
  /** Base URL. */
  readonly url: string
  /** Closes every connection. */
  close(): Promise<void>
}

/**
 * Answers `GET /metrics`, and `GET /gateway/metrics` for scrapers that move from one port to the other.
 *
 * @param text the body of the answer; a rejection becomes a 500
 * @param stalledMs default 30 s
 * @throws when the server cannot listen on the address
 */
export async function listenForMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  text: () => Promise<string>,
  stalledMs = STALLED_MS,
): Promise<MetricsPort> {
  const handle = oneByOne((request, response) => {
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
  const timeouts = {
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: REQUEST_TIMEOUT_MS / 2,
  }
  const server = createServer(timeouts, handle)
  disconnectStalledCallers(server, () => stalledMs)
  const [first, ...more] = await listenAddresses(host)
  server.listen(port, first)
  await once(server, 'listening')
  const others = await listenAlso(server, more)
  const address = server.address() as AddressInfo
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  const close = async () => {
    for (const listener of others) listener.close()
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://${name}:${address.port}`, close }
}
