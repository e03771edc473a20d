/** Rewrites the headers of A2A calls and answers, because the gateway replaces their bodies. */
import type { ResponseHead } from '../upstream/exchange.ts'

/** What of the caller's request describes the body or the answer that it wants. */
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

/** Headers of an answer whose body is another one now. */
export function withoutBodyHeaders({ rawHeaders }: ResponseHead): string[] {
  const headers: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (/^(?:content-|(?:etag|transfer-encoding|x-accel-buffering)$)/i.test(name)) continue
    headers.push(name, rawHeaders[i + 1] as string)
  }
  return headers
}
