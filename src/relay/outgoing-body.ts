/** The body of a request as the upstream gets it. */
import type { IncomingMessage } from 'node:http'
import type { LimitsConfig } from '../../config/types.ts'
import type { UpstreamRequest } from '../upstream/exchange.ts'
import { formFromJson, formFromMislabelledJson } from './json-to-form.ts'
import { withLastEventId } from './last-event-id.ts'
import { readBody, readWholeBody } from './request-body.ts'
import type { RunRoute } from './sticky-replica.ts'

/** Type of a form of ours. */
export const FORM = { contentType: 'application/x-www-form-urlencoded' }

/** A request body that has been looked at. */
export interface ReadBody {
  readonly bytes: UpstreamRequest['body']
  /** It is not what the caller sent any more: its framing is new. */
  readonly isReplaced: boolean
  /** Default: the caller's. */
  readonly contentType?: string
}

/** A request that may bring a body. */
interface BodyRequest {
  readonly raw: IncomingMessage
  readonly headers: IncomingMessage['headers']
  readonly gateway: { readonly config: { readonly limits: LimitsConfig } }
}

/** What the body is for. */
interface BodySource {
  /** A form is wanted, JSON will do. */
  readonly takesForm?: boolean
  /** The body, where it has been taken in already. */
  readonly body?: ReadBody
  readonly remote?: { readonly isTranslated: boolean }
}

/** What is sent, and how it is described. */
export interface OutgoingBody {
  readonly body: UpstreamRequest['body']
  readonly contentType: string | undefined
  /** Set where it is not what the caller sent. */
  readonly replacedBody: { readonly contentType: string | undefined } | undefined
}

/**
 * The caller's body, or the one that was taken in already. JSON is turned into a form where a form is wanted, and a
 * `last-event-id` becomes a field of it on the resume route.
 */
export async function outgoingBody(
  request: BodyRequest,
  wanted: BodySource,
  route: RunRoute | undefined,
): Promise<OutgoingBody> {
  const taken = await bodyFrom(request, wanted)
  if (route?.action !== 'resume') return taken
  const lastEventId = request.headers['last-event-id']
  const body = withLastEventId(taken.body, taken.contentType, lastEventId)
  return body === taken.body ? taken : { body, ...FORM, replacedBody: FORM }
}

async function bodyFrom(
  { raw, headers, gateway }: BodyRequest,
  { takesForm = false, body: given, remote }: BodySource,
): Promise<OutgoingBody> {
  const { failoverBodyBytes, maxBodyBytes, jsonBodyBytes } = gateway.config.limits
  const contentType = headers['content-type']
  if (takesForm && isJsonType(contentType)) {
    const body = await formFromJson(await readWholeBody(raw, jsonBodyBytes))
    return { body, ...FORM, replacedBody: FORM }
  }
  if (given) {
    const type = given.contentType ?? contentType
    const replacedBody = given.isReplaced ? { contentType: type } : undefined
    return { body: given.bytes, contentType: type, replacedBody }
  }
  if (remote?.isTranslated) {
    return { body: await readWholeBody(raw, jsonBodyBytes), contentType, replacedBody: undefined }
  }
  const body = await readBody(raw, { maxBodyBytes, bufferBytes: failoverBodyBytes })
  const isForm = takesForm && contentType === FORM.contentType && Buffer.isBuffer(body)
  const form = isForm ? await formFromMislabelledJson(body) : undefined
  if (form) return { body: form, ...FORM, replacedBody: FORM }
  return { body, contentType, replacedBody: undefined }
}

function isJsonType(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/(?:[\w.-]+\+)?json\b/i.test(contentType)
}
