/** Merges lists and sums from the answers of several upstreams. */

import type { DataTarget } from '../../src/catalogue/id-location-cache.ts'
import { withMember } from '../../src/json/json-text.ts'
import { parseJson } from '../../src/json/parse.ts'
import { isBrokenAnswer } from '../../src/merge/gather.ts'
import type { Order } from '../../src/merge/order.ts'
import type { Item, Listed, PageRequest } from '../../src/merge/pages.ts'
import {
  appended,
  assertWithinCap,
  itemsNeeded,
  MAX_ITEMS,
  mergedPage,
  readPage,
} from '../../src/merge/pages.ts'
import type { UpstreamReply } from '../../src/merge/query-upstream.ts'
import {
  bestRefusal,
  failedUpstreams,
  isUnsupported,
  textOf,
  unreadable,
} from '../../src/merge/query-upstream.ts'
import {
  mergedCount,
  mergedMetrics,
  mergedRows,
  mergedStats,
  mergedUnion,
} from '../../src/merge/sums.ts'
import { lastValue } from '../../src/parameters/query.ts'
import { Turn } from '../../src/turns.ts'
import type { Call, DataReply, QueryChanges } from './call.ts'
import { bodyAt, query } from './call.ts'
import type { ListOrder, PageMerge } from './row.ts'
import { sendReply } from './send-reply.ts'

/** Sends one page of the merged list. */
export async function sendPage(
  call: Call,
  targets: readonly DataTarget[],
  merge: PageMerge,
): Promise<DataReply> {
  const wanted = requestedPage(call, merge)
  // An upstream refuses invalid parameters in AgentOS's words.
  if (wanted === undefined) return sendReply(call, await query(call, targets[0] as DataTarget))
  assertWithinCap(wanted)
  const needed = merge.rows ? MAX_ITEMS : itemsNeeded(wanted)
  const replies = await Promise.all(
    targets.map((target) => firstItems(call, target, { ...merge, needed })),
  )
  const lists = replies.flatMap(({ listed }) => (listed ? [listed] : []))
  const upstreamReplies = replies.map(({ reply }) => reply)
  if (lists.length === 0) return sendReply(call, bestRefusal(upstreamReplies))
  const { member = 'data' } = merge
  const order = requestedOrder(call, merge.order)
  const text =
    merge.rows && order
      ? mergedRows(lists, member, wanted, { order, rows: merge.rows })
      : mergedPage(lists, member, wanted, order)
  return sendMergedList(call, text, upstreamReplies, targets)
}

interface FirstItems {
  readonly reply: UpstreamReply
  readonly listed: Listed | undefined
}

/** Fetches the first items of one list that the page can need, in as few requests as AgentOS's page limit allows. */
async function firstItems(
  call: Call,
  target: DataTarget,
  merge: PageMerge & { readonly needed: number },
): Promise<FirstItems> {
  const limit = Math.min(merge.needed, merge.maxLimit ?? merge.needed)
  const page = async (number: number): Promise<FirstItems> => {
    const reply = await query(call, target, pageChange(call, target, { page: number, limit }))
    const listed = await listedIn(call, reply, merge)
    return { reply: listed ? reply : readableOr(call, reply), listed }
  }
  const first = await page(1)
  if (first.listed === undefined) return first
  const wanted = Math.min(merge.needed, first.listed.totalCount)
  const rest = Array.from({ length: Math.ceil(wanted / limit) - 1 }, (_, index) => page(index + 2))
  let { listed } = first
  for (const next of await Promise.all(rest)) {
    if (next.listed === undefined) return { reply: next.reply, listed: undefined }
    listed = appended(listed, next.listed)
  }
  cacheLocations(call, target, listed)
  return { reply: first.reply, listed }
}

/** Page and limit are in the query, or in the body of a search. */
function pageChange(call: Call, target: DataTarget, wanted: PageRequest): QueryChanges {
  const page = String(wanted.page)
  const limit = String(wanted.limit)
  if (call.method !== 'POST') return { query: { page, limit } }
  const text = String(bodyAt(call, target).bytes)
  return { body: Buffer.from(withMember(withMember(text, 'page', page), 'limit', limit)) }
}

/** Logs an unreadable answer and treats it as none. */
function readableOr({ request, method, path }: Call, reply: UpstreamReply): UpstreamReply {
  const isBroken = 'error' in reply && isBrokenAnswer(reply.error)
  if (textOf(reply) === undefined && !isBroken) return reply
  const { name: upstream } = reply.target.upstream
  const line = { upstream, method, path, requestId: request.id }
  request.server.logs.upstream.warn(line, 'upstream left out: its answer is unreadable')
  return isBroken ? reply : unreadable(reply)
}

async function listedIn(
  call: Call,
  reply: UpstreamReply,
  merge: PageMerge,
): Promise<Listed | undefined> {
  const text = textOf(reply)
  if (text === undefined) return undefined
  const translator = call.request.gateway.translators.of(reply.target.upstream)
  const turn = new Turn()
  const named = await translator.bytesToClient(Buffer.from(text))
  const value = await parseJson(named).catch(() => undefined)
  // Each upstream's page is split in its own turn of the event loop.
  await turn.rest()
  const listed =
    value === undefined ? value : readPage(named.toString('utf8'), merge.member ?? 'data', value)
  if (listed === undefined || !merge.isTyped || translator.isIdentity) return listed
  const renamed = (item: Item): Item => {
    const { type, id } = item.value as { type?: unknown; id?: unknown }
    const kind = { agent: 'agents', team: 'teams', workflow: 'workflows' }[String(type)]
    if (kind === undefined || typeof id !== 'string') return item
    const outward = translator.idToClient(kind as 'agents' | 'teams' | 'workflows', id)
    return { ...item, text: withMember(item.text, 'id', JSON.stringify(outward)) }
  }
  return { ...listed, items: listed.items.map(renamed) }
}

function cacheLocations({ row, request }: Call, target: DataTarget, { items }: Listed): void {
  if (row.idsInResponse === undefined) return
  const [kind, member] = row.idsInResponse
  for (const { value } of items) {
    const id = (value as Record<string, unknown> | null)?.[member]
    if (typeof id === 'string') request.gateway.idLocations.add(kind, id, target)
  }
}

/** The requested page; undefined for parameters that AgentOS refuses. */
function requestedPage(
  { query, fields, row, body }: Call,
  merge: PageMerge,
): PageRequest | undefined {
  if (row.method === 'POST' && !isJsonObject(String(body))) return undefined
  const page = numberOr(lastValue(query, 'page') ?? fields['page'], 1)
  const limit = numberOr(lastValue(query, 'limit') ?? fields['limit'], merge.limit)
  if (page === undefined || limit === undefined || page < 1 || limit < 1) return undefined
  return limit > (merge.maxLimit ?? Number.POSITIVE_INFINITY) ? undefined : { page, limit }
}

function isJsonObject(text: string): boolean {
  const value = jsonOr(() => JSON.parse(text) as unknown)
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function numberOr(given: unknown, otherwise: number): number | undefined {
  if (given === undefined || given === null) return otherwise
  return /^\d{1,9}$/.test(String(given)) ? Number(given) : undefined
}

function requestedOrder({ query }: Call, order: ListOrder | undefined): Order | undefined {
  if (order === undefined) return undefined
  const { by, direction = 'desc', isSortable = false, aliases = {} } = order
  const sortBy = isSortable ? lastValue(query, 'sort_by') : undefined
  const sortOrder = (isSortable && lastValue(query, 'sort_order')) || direction
  return {
    by: sortBy ? [aliases[sortBy] ?? sortBy] : by,
    isDescending: sortOrder !== 'asc',
  }
}

const SUMS = {
  union: mergedUnion,
  count: mergedCount,
  metrics: mergedMetrics,
  stats: mergedStats,
} as const

/** Whether the value has the form of a summand. */
function isSummand(how: keyof typeof SUMS, value: unknown): boolean {
  if (how === 'union') {
    return Array.isArray(value) && value.every((item) => typeof item === 'string')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { count, metrics } = value as { readonly count?: unknown; readonly metrics?: unknown }
  if (how === 'count') return typeof count === 'number'
  const isDay = (day: unknown) => typeof day === 'object' && day !== null && !Array.isArray(day)
  return how !== 'metrics' || (Array.isArray(metrics) && metrics.every(isDay))
}

/** Sends the sum of all answers. */
export async function sendSum(
  call: Call,
  targets: readonly DataTarget[],
  how: keyof typeof SUMS,
): Promise<DataReply> {
  const replies = await Promise.all(targets.map((target) => query(call, target)))
  const values = await Promise.all(
    replies.map(async (reply) => {
      const text = textOf(reply)
      const value = text && (await parseJson(Buffer.from(text)).catch(() => undefined))
      return isSummand(how, value) ? value : undefined
    }),
  )
  const answers = values.filter((value) => value !== undefined)
  const read = replies.map((reply, i) =>
    values[i] === undefined ? readableOr(call, reply) : reply,
  )
  if (answers.length === 0) return sendReply(call, bestRefusal(read))
  return sendMergedList(call, JSON.stringify(SUMS[how](answers)), read, targets)
}

function sendMergedList(
  call: Call,
  text: string,
  replies: readonly UpstreamReply[],
  targets: readonly DataTarget[],
): DataReply {
  const answered = replies.filter((reply) => !isUnsupported(reply))
  const silent = failedUpstreams(answered)
  if (silent.length > 0) call.reply.header('x-agentos-partial', silent.join(', '))
  const names = new Set(targets.map(({ upstream }) => upstream.name))
  call.request.context.upstream = [...names].join(',')
  return call.reply.header('content-type', 'application/json').send(text)
}

function jsonOr<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
