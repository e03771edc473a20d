/** Lets a caller of the resume route say where it was as browsers do: by `last-event-id`. */
import type { UpstreamRequest } from '../upstream/exchange.ts'
import { valueInQuery } from './body-fields.ts'

/**
 * The form with `last_event_index` in it: as it is when it has one, else with the id of the last event that the caller
 * heard, when that is an index.
 *
 * @param body null for none; what is not a urlencoded form is left alone
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

/** `last_event_index` of a resume form; -1, before the first event, where it has none. */
export function resumedFrom(body: UpstreamRequest['body']): number {
  return (Buffer.isBuffer(body) ? lastIndexOf(body.toString('latin1')) : undefined) ?? -1
}

function lastIndexOf(form: string): number | undefined {
  const value = valueInQuery(form, 'last_event_index')
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}
