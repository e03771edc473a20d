/** Reads the stored record that a request acts on, such as a schedule, for the authorization of the request. */
import type { Fields } from './authorization/indirect-runs.ts'
import { GatewayError, RefusedAnswer } from './errors.ts'
import type { Gateway } from './gateway.ts'
import type { UpstreamReply } from './merge/query-upstream.ts'
import { queryUpstream, statusOf, textOf } from './merge/query-upstream.ts'
import type { CallerRequest } from './relay/upstream-headers.ts'
import { upstreamHeaders } from './relay/upstream-headers.ts'
import type { RoutedRequest } from './request-target.ts'
import { targetOf } from './request-target.ts'
import type { ServerTrace } from './tracing/tracing.ts'
import type { Upstream } from './upstream/upstream.ts'

/** A record, and the only upstream that the request may then go to. */
export interface StoredRecord {
  readonly upstream: Upstream
  readonly record: Fields
}

/** A caller's request that has been authorised. */
export interface RecordRequest extends CallerRequest, RoutedRequest {
  readonly raw: CallerRequest['raw']
  readonly gateway: Gateway
  readonly context: RoutedRequest['context'] & { readonly trace: ServerTrace | undefined }
}

/**
 * Reads the record with the caller's rights. The request may then only go to the upstream with this record, because
 * another upstream may have a record of the same id.
 *
 * @param path path on the upstream
 * @returns undefined when every upstream answers that it has no such record
 * @throws {GatewayError} `AGW_UPSTREAM_REQUIRED` when several upstreams have it; the failure of an upstream that did not
 *   answer
 * @throws {RefusedAnswer} of an upstream that does not show it to the caller
 */
export async function storedRecord(
  request: RecordRequest,
  path: string,
): Promise<StoredRecord | undefined> {
  const { discovery } = request.gateway
  const { relayedTo } = targetOf(request)
  const upstreams = relayedTo ? [relayedTo] : discovery.current.agentOses
  const replies = await Promise.all(upstreams.map((upstream) => read(request, upstream, path)))
  const [found, another] = replies.filter((reply) => textOf(reply) !== undefined)
  if (another) {
    throw new GatewayError('AGW_UPSTREAM_REQUIRED', {
      detail:
        'The x-agentos-upstream header is required when several upstreams can serve this request',
    })
  }
  if (found === undefined) {
    assertMissing(replies)
    return undefined
  }
  const { upstream } = found.target
  return { upstream, record: recordIn(textOf(found) ?? '') }
}

function read(request: RecordRequest, upstream: Upstream, path: string): Promise<UpstreamReply> {
  const { listTimeoutMs } = request.gateway.config
  const headers = upstreamHeaders(request, upstream, {
    replacedBody: { contentType: undefined },
    isReadByGateway: true,
  })
  const { signal } = new AbortController()
  const query = { method: 'GET', path, headers, trace: request.context.trace }
  return queryUpstream({ upstream }, query, { timeoutMs: listTimeoutMs, signal })
}

function assertMissing(replies: readonly UpstreamReply[]): void {
  for (const reply of replies) {
    if ('error' in reply) throw reply.error
    const { status, body } = reply.response
    if (statusOf(reply) !== 404) throw new RefusedAnswer(reply.target.upstream.name, status, body)
  }
}

/** Parses the record. An unreadable record names no component, so only the administrator may use it. */
function recordIn(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Fields) : {}
  } catch {
    return {}
  }
}
