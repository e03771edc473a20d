/** Chooses the body that the upstream gets: the caller's, a converted form, or one that a route has read. */
import type { IncomingMessage } from 'node:http'
import type { LimitsConfig } from '../../config/types.ts'
import type { UpstreamRequest } from '../upstream/exchange.ts'
import { formFromJson, formFromMislabelledJson } from './json-to-form.ts'
import { withLastEventId } from './last-event-id.ts'
import { readBody, readWholeBody } from './request-body.ts'
import type { RunRoute } from './sticky-replica.ts'

/** Content type of a form that the gateway builds. */
export const FORM = { contentType: 'application/x-www-form-urlencoded' }

/** A request body that a route has read. */
export interface ReadBody {
  readonly bytes: UpstreamRequest['body']
  /** The bytes differ from the caller's, so the framing headers are new. */
  readonly isReplaced: boolean
  /** Default: the caller's. */
  readonly contentType?: string
}

/** A request that may have a body. */
interface BodyRequest {
  readonly raw: IncomingMessage
  readonly headers: IncomingMessage['headers']
  readonly gateway: { readonly config: { readonly limits: LimitsConfig } }
}

/** How the route wants the body. */
interface BodySource {
  /** The route takes a form, so a JSON body is converted to one. */
  readonly takesForm?: boolean
  /** The body, where a route has read it already. */
  readonly body?: ReadBody
  readonly remote?: { readonly isTranslated: boolean }
}

/** The body and its description. */
export interface OutgoingBody {
  readonly body: UpstreamRequest['body']
  readonly contentType: string | undefined
  /** Set when the body differs from the caller's. */
  readonly replacedBody: { readonly contentType: string | undefined } | undefined
}

/**
 * Returns the caller's body, or the one that a route has read. Converts JSON to a form where the route takes one. On the
 * resume route, `last-event-id` becomes a form field.
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
