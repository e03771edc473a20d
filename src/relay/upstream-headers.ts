/** Adds the caller's identity and connection to the headers of an upstream request. */
import type { IncomingMessage } from 'node:http'
import type { AuthConfig, GatewayConfig } from '../../config/types.ts'
import type { Caller } from '../auth/caller.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { RequestHeaderOptions } from './request-headers.ts'
import { requestHeaders } from './request-headers.ts'

/** The parts of a caller's request that its upstream headers depend on. */
export interface CallerRequest {
  readonly id: string
  readonly raw: IncomingMessage
  readonly socket: { readonly remoteAddress?: string | undefined }
  /** Addresses that trusted proxies report; undefined without trusted proxies. */
  readonly ips?: readonly string[] | undefined
  readonly protocol: string
  readonly host: string
  readonly caller: Caller
  readonly gateway: { readonly config: GatewayConfig; readonly viaName: string }
}

/** Changes to the headers of the caller's request. */
export type HeaderChanges = Partial<Omit<RequestHeaderOptions, 'forwarding'>>

/** @returns names and values in turn */
export function upstreamHeaders(
  request: CallerRequest,
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
      viaName: request.gateway.viaName,
    },
    ...changes,
  })
}

/** Name of the cookie with the caller's token; undefined when tokens only come in a header. */
function tokenCookie({ mode, tokenSource, cookieName }: AuthConfig): string | undefined {
  return mode === 'none' || tokenSource === 'header' ? undefined : cookieName
}
