/** What the status of an answer says about the replica that gave it. */
import type { ResponseHead } from './exchange.ts'

/**
 * The replica, or what stands between it and us, does not work. AgentOS itself answers 503 with JSON where an instance
 * lacks a feature: that is an answer. One that says when to come back is not, nor is the page of a proxy.
 */
export function standsForFailure(head: ResponseHead): boolean {
  const { status } = head
  if (status === 502 || status === 504) return true
  if (status !== 503) return false
  return isOverloaded(head) || !headerOf(head, 'content-type')?.startsWith('application/json')
}

/** A 503 that says when to come back: the request was turned away, not processed (RFC 9110 §15.6.4). */
export function isOverloaded(head: ResponseHead): boolean {
  return head.status === 503 && headerOf(head, 'retry-after') !== undefined
}

/** Value of a header. @param name in lower case */
export function headerOf({ rawHeaders }: ResponseHead, name: string): string | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === name) return rawHeaders[i + 1]
  }
  return undefined
}
