/** Refuses requests of foreign web pages, against DNS rebinding. A client that is no browser sends no `Origin`. */

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** The headers that a browser sets, and the names of the gateway. */
export interface GuardedRequest {
  /** Value of `Host`. */
  readonly host: string
  readonly origin: string | undefined
  readonly publicUrl: string | undefined
  /** Address on which the gateway listens. */
  readonly listenHost: string
  /** Callers need a token, which a page of a rebound name does not have. */
  readonly isAuthenticated: boolean
  /** Returns whether `cors.origins` lists the origin. */
  readonly isListed: (origin: string) => boolean
}

/**
 * A gateway without authentication on loopback is called by loopback names or its public URL only. An `Origin` has to
 * be the gateway's own, one of `cors.origins`, or on loopback as the gateway is.
 *
 * @returns the sentence of the refusal; undefined for a request that is let in
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports#security-warning
 */
export function originFault(request: GuardedRequest): string | undefined {
  const { host, origin, publicUrl, listenHost, isAuthenticated, isListed } = request
  const own = publicUrl === undefined ? undefined : URL.parse(publicUrl)
  const called = hostnameOf(`http://${host}`)
  const isLoopback = isLoopbackAddress(listenHost)
  if (isLoopback && !isAuthenticated && !LOOPBACK.has(called) && called !== own?.hostname) {
    return 'Invalid Host: the gateway has another name'
  }
  if (origin === undefined || isListed(origin)) return undefined
  if (own?.origin === origin) return undefined
  // Without a token, a rebound name would be its own host; on loopback its name has been refused above.
  if ((isAuthenticated || isLoopback) && isSameHost(origin, host)) return undefined
  if (isLoopback && LOOPBACK.has(hostnameOf(origin))) return undefined
  return 'Invalid Origin: cors.origins does not list it'
}

/** The page was loaded from the gateway itself. */
function isSameHost(origin: string, host: string): boolean {
  return URL.parse(origin)?.host === host.toLowerCase()
}

function hostnameOf(url: string): string {
  return URL.parse(url)?.hostname ?? ''
}

function isLoopbackAddress(host: string): boolean {
  return LOOPBACK.has(host) || host === '::1' || host.startsWith('127.')
}
