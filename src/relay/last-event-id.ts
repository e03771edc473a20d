/** Turns the `Last-Event-ID` header of a resume request into the form field that AgentOS reads. */
import type { UpstreamRequest } from '../upstream/exchange.ts'
import { valueInQuery } from './body-fields.ts'

/**
 * Adds `last_event_index` to the form, unless it has one or the header is no index.
 *
 * @param body null for none; a body that is no urlencoded form stays unchanged
 * @param lastEventId the caller's `Last-Event-ID` header
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header
 */
export function withLastEventId(
  body: UpstreamRequest['body'],
  contentType: string | undefined,
  lastEventId: string | string[] | undefined,
): UpstreamRequest['body'] {
  if (typeof lastEventId !== 'string' || !/^\d{1,15}$/.test(lastEventId)) return body
  const isForm = contentType?.startsWith('application/x-www-form-urlencoded') ?? false
  if (body !== null && !(Buffer.isBuffer(body) && isForm)) return body
  const form = body?.toString('latin1') ?? ''
  if (lastIndexOf(form) !== undefined) return body
  return Buffer.from(`${form}${form === '' ? '' : '&'}last_event_index=${lastEventId}`, 'latin1')
}

/** `last_event_index` of a resume form; -1, before the first event, when the form has none. */
export function resumedFrom(body: UpstreamRequest['body']): number {
  return (Buffer.isBuffer(body) ? lastIndexOf(body.toString('latin1')) : undefined) ?? -1
}

function lastIndexOf(form: string): number | undefined {
  const value = valueInQuery(form, 'last_event_index')
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}
