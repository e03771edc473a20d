/** Holds one request for data: the ids it names, and its path, query and body for an upstream. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Destination } from '../../plugins/forward.ts'
import { unprefixed } from '../../src/catalogue/databases.ts'
import type { DataTarget } from '../../src/catalogue/id-location-cache.ts'
import { objectMembers, withMember } from '../../src/json/json-text.ts'
import type { UpstreamQuery, UpstreamReply } from '../../src/merge/query-upstream.ts'
import { queryUpstream } from '../../src/merge/query-upstream.ts'
import { DECIDING } from '../../src/parameters/deciding.ts'
import { assertSameInBody, readableObject } from '../../src/parameters/json-object.ts'
import { percentEncoded } from '../../src/parameters/path.ts'
import { assertReadOneWay, queryPairs } from '../../src/parameters/query.ts'
import type { ReadBody } from '../../src/relay/outgoing-body.ts'
import { readBody, readWholeBody } from '../../src/relay/request-body.ts'
import { upstreamHeaders } from '../../src/relay/upstream-headers.ts'
import { pathOf } from '../../src/request-target.ts'
import type { Upstream } from '../../src/upstream/upstream.ts'
import type { Row } from './row.ts'

export type Params = Readonly<Record<string, string>>

/** Where the answer goes: the reply of a request, or a collector for a caller that reads the answer itself. */
export interface DataReply {
  code(status: number): DataReply
  header(name: string, value: string): DataReply
  send(body: unknown): DataReply
  forward(destination: Destination): Promise<void>
}

/** A request that the route table serves. */
export interface Call {
  readonly request: FastifyRequest
  readonly reply: DataReply
  readonly method: string
  /** Path of the request, without the query. */
  readonly path: string
  readonly row: Row
  readonly params: Params
  /** The query without `upstream=`. */
  readonly rawQuery: string
  readonly query: URLSearchParams
  readonly body: ReadBody['bytes']
  /** Members of the JSON body, or fields of the form, if the body is small enough to read. */
  readonly fields: Readonly<Record<string, unknown>>
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal
  /** The answer is read whole in every case. Default false: that of a single target is relayed. */
  readonly isCollected?: boolean
}

/**
 * Reads the request. A small body is read whole; a large one stays a stream.
 *
 * @throws {GatewayError} `AGW_BODY_TOO_LARGE`, `AGW_BODY_INVALID`; `AGW_PARAMETER_AMBIGUOUS`
 */
export async function callOf(
  row: Row,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Call> {
  const url = request.chosen?.path ?? request.raw.url ?? ''
  const at = url.indexOf('?')
  const rawQuery = at === -1 ? '' : url.slice(at + 1)
  const query = queryPairs(rawQuery)
  assertReadOneWay(query, decidingOf(row))
  const body = await bodyOf(row, request)
  const fields = Buffer.isBuffer(body) ? fieldsOf(body, request.headers['content-type'] ?? '') : {}
  assertSameInBody(query, fields, PLACES)
  return {
    request,
    reply,
    method: request.method,
    path: pathOf(request),
    row,
    params: request.params as Params,
    rawQuery,
    query,
    body,
    fields,
    signal: callerSignal(request),
  }
}

/** The body of a search is parsed and sent to several upstreams in one turn of the event loop, so it is short. */
const MOST_SEARCH_BYTES = 256 * 1024

function bodyOf({ method, whenAmbiguous }: Row, { raw, gateway }: FastifyRequest) {
  const { maxBodyBytes, failoverBodyBytes, jsonBodyBytes } = gateway.config.limits
  return method === 'POST' && whenAmbiguous.strategy === 'page'
    ? readWholeBody(raw, Math.min(jsonBodyBytes, MOST_SEARCH_BYTES))
    : readBody(raw, { maxBodyBytes, bufferBytes: failoverBodyBytes })
}

function fieldsOf(body: Buffer, contentType: string): Readonly<Record<string, unknown>> {
  if (contentType.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(queryPairs(body.toString('utf8')))
  }
  const isJson = contentType === '' || /^application\/(?:[\w.-]+\+)?json\b/i.test(contentType)
  // Invalid JSON is left to the upstream, which refuses it in AgentOS's words.
  return (isJson && readableObject(body, DECIDING)) || {}
}

/**
 * Parameters that may be in the query and in the body. A knowledge search reads its body, every other route the query.
 */
const PLACES = ['db_id', 'knowledge_id'] as const

/** AgentOS lists the jobs of several sessions at once. */
function decidingOf({ path }: Row): ReadonlySet<string> {
  return path === '/queue/jobs' ? DECIDING.difference(new Set(['session_id'])) : DECIDING
}

/** Aborts when the connection of the request is done, finished or not. */
export function callerSignal({ context }: FastifyRequest): AbortSignal {
  const gone = new AbortController()
  context.onClose(() => gone.abort())
  return gone.signal
}

/** Path and query of the call for a target. @param path replaces the call's own path; may hold the row's parameters */
export function pathAt(call: Call, target: DataTarget, path?: string): string {
  const { row, params, request } = call
  const translator = request.gateway.translators.of(target.upstream)
  const query = new URLSearchParams(path === undefined ? '' : pickedQuery(call))
  const renamedQuery =
    path === undefined
      ? translator.queryToUpstream(call.rawQuery)
      : translator.queryToUpstream(query.toString())
  const isOwn = path === undefined && translator.isIdentity
  const filled = isOwn
    ? call.path
    : filledPath(path ?? row.path, params, (name, value) =>
        idToUpstream(call, target.upstream, name, value),
      )
  return withQuery(filled, withDatabase(renamedQuery, call, target))
}

/** Query members that also apply to a second request about the same object. */
function pickedQuery({ query }: Call): [string, string][] {
  return [...query].filter(([name]) => name === 'user_id' || name === 'type' || name === 'table')
}

function filledPath(
  path: string,
  params: Params,
  rename: (name: string, value: string) => string,
): string {
  return path
    .replace(/:(\w+)/g, (_, name: string) => percentEncoded(rename(name, params[name] ?? '')))
    .replace(/\*$/, () => (params['*'] ?? '').split('/').map(percentEncoded).join('/'))
}

function idToUpstream(call: Call, upstream: Upstream, name: string, value: string): string {
  if (name === 'db_id' || name === 'knowledge_id') return unprefixed(upstream, value)
  if (name !== 'component_id') return value
  return call.request.gateway.translators.of(upstream).idToUpstream(name, value) ?? value
}

/** Adds `db_id` or `knowledge_id` where the target has several and the query names none. */
function withDatabase(
  query: string,
  { query: given, params, fields }: Call,
  target: DataTarget,
): string {
  const parts: string[] = query === '' ? [] : [query]
  const isGiven = (name: string) => given.has(name) || name in params || name in fields
  if (target.databaseId !== undefined && !isGiven('db_id')) {
    parts.push(`db_id=${percentEncoded(target.databaseId)}`)
  }
  if (target.knowledgeId !== undefined && !isGiven('knowledge_id') && !isGiven('db_id')) {
    parts.push(`knowledge_id=${percentEncoded(target.knowledgeId)}`)
  }
  return parts.join('&')
}

/** Joins path and query. */
function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`
}

/** The body with the upstream's ids. */
export function bodyAt(call: Call, { upstream }: DataTarget): ReadBody {
  const { body, request } = call
  const translator = request.gateway.translators.of(upstream)
  if (!Buffer.isBuffer(body) || translator.isIdentity || Object.keys(call.fields).length === 0) {
    return { bytes: body, isReplaced: false }
  }
  const text = body.toString('utf8')
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form') ?? false
  const inward = isForm ? translator.queryToUpstream(text) : translator.toUpstream(text)
  const filter = isForm || !('filter' in call.fields) ? undefined : memberIn(inward, 'filter')
  const renamed =
    filter === undefined
      ? inward
      : withMember(inward, 'filter', translator.filterToUpstream(Buffer.from(filter)).toString())
  if (renamed === text) return { bytes: body, isReplaced: false }
  return { bytes: Buffer.from(renamed), isReplaced: true }
}

function memberIn(text: string, name: string): string | undefined {
  return objectMembers(text).get(name)
}

/** Changes to a call for one of several targets. */
export interface QueryChanges {
  readonly method?: string
  /** Replaces the path; may hold the row's parameters. */
  readonly path?: string
  /** Replaces the body; null for no body. */
  readonly body?: Buffer | null
  /** Query members to set. */
  readonly query?: Readonly<Record<string, string>>
}

/** The call as a request of the gateway itself, which reads the answer. */
export function queryFor(
  call: Call,
  target: DataTarget,
  changes: QueryChanges = {},
): UpstreamQuery {
  const method = changes.method ?? (call.method === 'HEAD' ? 'GET' : call.method)
  const url = pathAt(call, target, changes.path)
  const at = url.indexOf('?')
  const [path, query] = at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
  const taken = bodyAt(call, target)
  const body = changes.body === undefined ? taken.bytes : changes.body
  const headers = upstreamHeaders(call.request, target.upstream, {
    replacedBody: { contentType: body === null ? undefined : call.request.headers['content-type'] },
    isReadByGateway: true,
  })
  return {
    method,
    path: withQuery(path, withMembers(query, changes.query ?? {})),
    headers,
    body: Buffer.isBuffer(body) ? body : null,
    trace: call.request.context.trace,
  }
}

/** Sends the call, with changes, to one target and waits at most `list_timeout`. Never rejects. */
export function query(
  call: Call,
  target: DataTarget,
  changes: QueryChanges = {},
  signal: AbortSignal = call.signal,
): Promise<UpstreamReply> {
  const timeoutMs = call.request.gateway.config.listTimeoutMs
  return queryUpstream(target, queryFor(call, target, changes), { timeoutMs, signal })
}

function withMembers(query: string, members: Readonly<Record<string, string>>): string {
  if (Object.keys(members).length === 0) return query
  const isKept = (pair: string) => ![...queryPairs(pair).keys()].some((name) => name in members)
  const pairs = query.split('&').filter(isKept)
  for (const [name, value] of Object.entries(members))
    pairs.push(`${name}=${percentEncoded(value)}`)
  return pairs.filter((pair) => pair !== '').join('&')
}
