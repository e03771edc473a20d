/** What the status of an answer says about the replica that gave it. */
import type { ResponseHead } from './exchange.ts'

/**
 * The replica, or what stands between it and us, does not work. AgentOS itself answers 503 with JSON where an instance
 * lacks a feature: that is an answer. One that says when to come back is not, nor is the page of a proxy.
 */
export function isReplicaFailure(head: ResponseHead): boolean {
  const { status } = head
  if (status === 502 || status === 504) return true
  if (status !== 503) return false
  return isOverloaded(head) || !headerOf(head, 'content-type')?.startsWith('application/json')
}

/** A 503 that says when to come back: the request was turned away, not processed (RFC 9110 §15.6.4). */
export function isOverloaded(head: ResponseHead): boolean {
  return head.status === 503 && headerOf(head, 'retry-after') !== undefined
}

/** A stream of events (WHATWG HTML, server-sent events). */
export function isEventStream(head: ResponseHead): boolean {
  return headerOf(head, 'content-type')?.toLowerCase().startsWith('text/event-stream') ?? false
}

/**
 * The stream begins with what AgentOS says of a run that it does not hold: an error, or what its database has of the run.
 * @see AgentOS `POST /agents/{agent_id}/runs/{run_id}/resume`
 */
export function isRunUnknown(firstBytes: Buffer): boolean {
  const text = firstBytes.toString('latin1', 0, 1024)
  if (text.startsWith('event: error\n')) return true
  return text.startsWith('event: replay\n') && !text.includes('"total_buffered"')
}

/** Value of a header. @param name in lower case */
export function headerOf({ rawHeaders }: ResponseHead, name: string): string | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === name) return rawHeaders[i + 1]
  }
  return undefined
}
