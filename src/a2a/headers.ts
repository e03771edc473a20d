/** Rewrites the headers of A2A calls and answers, because the gateway replaces their bodies. */
import type { ResponseHead } from '../upstream/exchange.ts'

/** Request headers about the body, the answer format or the cache. The gateway replaces or drops them. */
const REPLACED = /^(?:accept|accept-encoding|range|if-.*|content-.*|expect)$/

/** @param accept the answer that is wanted, and read: so it must not be compressed */
export function callHeaders(
  callers: readonly string[],
  accept: string,
  hasBody: boolean,
): string[] {
  const headers: string[] = []
  for (let i = 0; i < callers.length; i += 2) {
    const name = callers[i] as string
    if (!REPLACED.test(name.toLowerCase())) headers.push(name, callers[i + 1] as string)
  }
  headers.push('accept', accept)
  if (hasBody) headers.push('content-type', 'application/json')
  return headers
}

/** Returns the headers without the ones about the original body. */
export function withoutBodyHeaders({ rawHeaders }: ResponseHead): string[] {
  const headers: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (/^(?:content-|(?:etag|transfer-encoding|x-accel-buffering)$)/i.test(name)) continue
    headers.push(name, rawHeaders[i + 1] as string)
  }
  return headers
}
