/** Decides what the head of a response says about the health of its replica. */
import type { ResponseHead } from './exchange.ts'
import { headerOf } from './header-of.ts'

/**
 * The replica, or a proxy in front of it, does not work. A 503 with JSON is a normal response: AgentOS sends it for a
 * missing feature. A 503 with `retry-after`, or with another content type, is a failure.
 */
export function isReplicaFailure(head: ResponseHead): boolean {
  const { status } = head
  if (status === 502 || status === 504) return true
  if (status !== 503) return false
  return isOverloaded(head) || !headerOf(head, 'content-type')?.startsWith('application/json')
}

/** A 503 with `retry-after`: the request was rejected, not processed (RFC 9110 §15.6.4). */
export function isOverloaded(head: ResponseHead): boolean {
  return head.status === 503 && headerOf(head, 'retry-after') !== undefined
}

/** The body has another coding than the chunks that undici decodes (RFC 9112 §7), so its bytes are not the content. */
export function isUndecodable({ rawHeaders }: ResponseHead): boolean {
  let codings = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length !== 17 || name.toLowerCase() !== 'transfer-encoding') continue
    if (++codings > 1 || rawHeaders[i + 1]?.toLowerCase() !== 'chunked') return true
  }
  return false
}

/** The response is an event stream (WHATWG HTML, server-sent events). */
export function isEventStream(head: ResponseHead): boolean {
  return headerOf(head, 'content-type')?.toLowerCase().startsWith('text/event-stream') ?? false
}

/**
 * The stream starts with AgentOS's answer for a run that this replica does not hold: an error, or the run's stored events.
 * @see AgentOS `POST /agents/{agent_id}/runs/{run_id}/resume`
 */
export function isRunUnknown(firstBytes: Buffer): boolean {
  const text = firstBytes.toString('latin1', 0, 1024)
  if (text.startsWith('event: error\n')) return true
  return text.startsWith('event: replay\n') && !text.includes('"total_buffered"')
}
