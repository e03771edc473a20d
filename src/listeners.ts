/** Listens on several addresses with one HTTP server, which handles the connections of all of them. */
import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { createServer } from 'node:net'
import { Server as TlsServer } from 'node:tls'

/** Errors of an address that this machine does not have. Others, such as a port in use, end the start. */
const ABSENT = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])

/** Resolves a name to all its addresses, IPv4 first. */
type Resolve = (name: string) => Promise<readonly LookupAddress[]>

const resolveAll: Resolve = (name) => lookup(name, { all: true, order: 'ipv4first' })

/**
 * Returns the addresses to listen on: those of `localhost`, which clients resolve to `127.0.0.1` or `::1`; for any other
 * host the host itself, of which Node takes the first address.
 */
export async function listenAddresses(
  host: string,
  resolve: Resolve = resolveAll,
): Promise<readonly [string, ...string[]]> {
  if (host !== 'localhost') return [host]
  const [first = '127.0.0.1', ...others] = new Set(
    (await resolve(host)).map(({ address }) => address),
  )
  return [first, ...others]
}

/**
 * Listens on further addresses, at the port of the server. A second HTTP server would have none of the handlers and
 * limits of the first, so these listeners only pass their connections on to it.
 *
 * @returns the listeners; an address that this machine does not have is left out
 * @throws when the port is in use at one of the addresses
 */
export async function listenAlso(
  server: HttpServer,
  addresses: readonly string[],
  backlog?: number,
): Promise<readonly Server[]> {
  const listeners: Server[] = []
  const { port } = server.address() as AddressInfo
  for (const host of addresses) {
    // Node's own settings of HTTP and HTTPS servers.
    const settings = { allowHalfOpen: !(server instanceof TlsServer), noDelay: true }
    const listener = createServer(settings, (socket) => server.emit('connection', socket))
    listener.listen({ host, port, backlog })
    try {
      await once(listener, 'listening')
      listeners.push(listener)
    } catch (error) {
      if (ABSENT.has(String((error as NodeJS.ErrnoException).code))) continue
      for (const open of listeners) open.close()
      throw error
    }
  }
  return listeners
}
