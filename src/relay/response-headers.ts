/** Turns an upstream's head into the head of our answer. */
import type { ResponseHead } from '../upstream/exchange.ts'
import { HOP_BY_HOP, listedByConnection } from './hop-by-hop.ts'

/** The head of the answer, and what in it decides how the body is treated. */
export interface AnswerHead {
  readonly status: number
  readonly statusText: string
  /** Names and values in turn. */
  readonly headers: string[]
  readonly isEventStream: boolean
  /** Announced length of the body; NaN where none was announced. */
  readonly contentLength: number
  /** An event stream into which whole events may be put: not compressed, not of a fixed length. */
  readonly acceptsEvents: boolean
}

/** The gateway answers for CORS itself: an upstream knows nothing of the origin that callers see. */
const isCors = (name: string): boolean => name.startsWith('access-control-')

/**
 * End-to-end headers as they came, then ours. On event streams, and only there, whatever stands in front of the gateway
 * is told not to buffer and not to cache.
 *
 * @param ours names in lower case and values in turn; they replace the upstream's of the same name
 * @param setsCookies passes `set-cookie` on; default true
 */
export function answerHead(
  head: ResponseHead,
  ours: readonly string[],
  setsCookies = true,
): AnswerHead {
  const { status, statusText, rawHeaders, replicaUrl } = head
  const listed = listedByConnection(rawHeaders)
  const headers: string[] = []
  let isEventStream = false
  let contentLength = Number.NaN
  let isEncoded = false
  let hasCacheControl = false
  let vary: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const original = rawHeaders[i] as string
    let value = rawHeaders[i + 1] as string
    const name = original.toLowerCase()
    if (name === 'vary') {
      vary = vary === undefined ? value : `${vary}, ${value}`
      continue
    }
    if (HOP_BY_HOP.has(name) || isCors(name) || listed?.has(name)) continue
    if (isAmong(ours, name)) continue
    if (name === 'set-cookie' && !setsCookies) continue
    if (name === 'content-type') isEventStream = isEventStreamType(value)
    else if (name === 'content-length') contentLength = Number(value)
    else if (name === 'content-encoding') isEncoded = value.toLowerCase() !== 'identity'
    else if (name === 'cache-control') hasCacheControl = true
    else if (name === 'location') value = withoutAddress(value, replicaUrl)
    headers.push(original, value)
  }
  if (isEventStream) {
    if (!hasCacheControl) headers.push('cache-control', 'no-cache')
    headers.push('x-accel-buffering', 'no')
  }
  for (let i = 0; i < ours.length; i += 2) {
    const name = ours[i] as string
    if (name === 'vary') vary = joinedVary(vary, ours[i + 1] as string)
    else headers.push(name, ours[i + 1] as string)
  }
  if (vary !== undefined) headers.push('vary', vary)
  const acceptsEvents = isEventStream && Number.isNaN(contentLength) && !isEncoded
  return {
    status,
    statusText: reasonPhrase(statusText),
    headers,
    isEventStream,
    contentLength,
    acceptsEvents,
  }
}

const ASCII = /^[\t -~]*$/

/**
 * A reason phrase as Node writes it back: one character a byte. It was read as UTF-8; where it was none, and so is lost, there
 * is none, for it means nothing anyway.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-4
 */
function reasonPhrase(text: string): string {
  if (ASCII.test(text)) return text
  return text.includes('\ufffd') ? '' : Buffer.from(text).toString('latin1')
}

/** What the upstream's answer depends on, and what ours does besides (RFC 9110 §12.5.5). */
function joinedVary(theirs: string | undefined, ours: string): string {
  if (theirs === undefined) return ours
  const known = theirs.toLowerCase().split(/\s*,\s*/)
  const added = ours.split(/\s*,\s*/).filter((name) => !known.includes(name.toLowerCase()))
  return [theirs, ...added].join(', ')
}

/**
 * The content type is that of event streams.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function isEventStreamType(value: string): boolean {
  const type = value.split(';', 1)[0] as string
  return type.trim().toLowerCase() === 'text/event-stream'
}

/** A redirect to the upstream itself becomes one to the gateway; any other is the upstream's own word. */
function withoutAddress(location: string, replicaUrl: string): string {
  if (!location.startsWith(replicaUrl)) return location
  const rest = location.slice(replicaUrl.length)
  return rest === '' || rest.startsWith('/') || rest.startsWith('?') ? rest || '/' : location
}

/** There are few of them: a set would cost more than it saves. */
function isAmong(pairs: readonly string[], name: string): boolean {
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return true
  return false
}
