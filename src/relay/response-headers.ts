/** Builds the head of the response to the caller from the head of the upstream's response. */
import type { ResponseHead } from '../upstream/exchange.ts'
import { HOP_BY_HOP, listedByConnection } from './hop-by-hop.ts'
import type { PublicAddresses } from './public-address.ts'

/** Head of the response, and the members that decide how the body is relayed. */
export interface AnswerHead {
  readonly status: number
  readonly statusText: string
  /** Names and values in turn. */
  readonly headers: string[]
  readonly isEventStream: boolean
  /** `content-length`; NaN for an unknown length. */
  readonly contentLength: number
  /** The gateway may insert whole events: the stream is not compressed and its length is unknown. */
  readonly acceptsEvents: boolean
}

/** The gateway sets the CORS headers, because only it knows the allowed origins. */
const isCors = (name: string): boolean => name.startsWith('access-control-')

/** Changes of the gateway to the head of a response. */
export interface HeadOptions {
  /** Names in lower case and values in turn; they replace the upstream's of the same name. */
  readonly headers: readonly string[]
  /** Passes `set-cookie` on. Default true. */
  readonly setsCookies?: boolean
  /** Called when a header holds an address. Default: addresses stay. */
  readonly addresses?: () => PublicAddresses
}

/** Headers that hold an address of the upstream. */
const ADDRESS_HEADERS = new Set([
  'location',
  'content-location',
  'link',
  'refresh',
  'set-cookie',
  'www-authenticate',
])

/**
 * Returns the upstream's end-to-end headers, then the gateway's. Event streams also get headers that forbid proxies to
 * buffer or cache.
 */
export function answerHead(head: ResponseHead, options: HeadOptions): AnswerHead {
  const { status, statusText, rawHeaders } = head
  const { headers: ours, setsCookies = true } = options
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
    // A reader that believes it would wait for a body (RFC 9110 §8.6).
    if (name === 'content-length' && status === 204) continue
    if (name === 'content-type') isEventStream = isEventStreamType(value)
    else if (name === 'content-length') contentLength = Number(value)
    else if (name === 'content-encoding') isEncoded = value.toLowerCase() !== 'identity'
    else if (name === 'cache-control') hasCacheControl = true
    else if (options.addresses && ADDRESS_HEADERS.has(name)) {
      value = options.addresses().headerValue(name, value)
    }
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
 * Reason phrase with one character per byte, as Node writes it. undici decoded it as UTF-8; a phrase that was not UTF-8 is
 * lost and left out.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-4
 */
function reasonPhrase(text: string): string {
  if (ASCII.test(text)) return text
  return text.includes('\ufffd') ? '' : Buffer.from(text).toString('latin1')
}

/** Joins the `Vary` names of the upstream and of the gateway (RFC 9110 §12.5.5). */
function joinedVary(theirs: string | undefined, ours: string): string {
  if (theirs === undefined) return ours
  const known = theirs.toLowerCase().split(/\s*,\s*/)
  const added = ours.split(/\s*,\s*/).filter((name) => !known.includes(name.toLowerCase()))
  return [theirs, ...added].join(', ')
}

/**
 * The content type is `text/event-stream`.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function isEventStreamType(value: string): boolean {
  const type = value.split(';', 1)[0] as string
  return type.trim().toLowerCase() === 'text/event-stream'
}

/** The list is short, so a linear search is faster than a set. */
function isAmong(pairs: readonly string[], name: string): boolean {
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return true
  return false
}
