/** Headers of a request that goes to an upstream on behalf of a caller. */
import type { FastifyRequest } from 'fastify'
import type { AuthConfig } from '../config/types.ts'
import type { RequestHeaderOptions } from '../src/relay/request-headers.ts'
import { requestHeaders } from '../src/relay/request-headers.ts'
import type { Upstream } from '../src/upstream/upstream.ts'

/** What differs from the caller's own request. */
export type HeaderChanges = Partial<Omit<RequestHeaderOptions, 'forwarding'>>

/** @returns names and values in turn */
export function upstreamHeaders(
  request: FastifyRequest,
  upstream: Upstream,
  changes: HeaderChanges = {},
): string[] {
  const isTrusted = request.gateway.config.listen.trustedProxies.length > 0
  return requestHeaders(request.raw.rawHeaders, {
    authorization: request.caller.authorizationAt(upstream),
    cookies: {
      pass: upstream.config.cookies ?? 'forward',
      tokenName: tokenCookie(request.gateway.config.auth),
    },
    forwarding: {
      clientAddress: request.socket.remoteAddress ?? '',
      scheme: request.protocol,
      host: request.host,
      isTrusted: isTrusted && request.ips !== undefined && request.ips.length > 1,
      requestId: request.id,
    },
    ...changes,
  })
}

/** The cookie that holds the caller's token. */
function tokenCookie({ mode, tokenSource, cookieName }: AuthConfig): string | undefined {
  return mode === 'none' || tokenSource === 'header' ? undefined : cookieName
}
