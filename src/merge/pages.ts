/** Builds one page of a merged list, as a single database with all items would answer it. */
import { GatewayError } from '../errors.ts'
import { isObject } from '../json/is-object.ts'
import { arrayItems, objectMembers, objectText } from '../json/json-text.ts'
import type { Order } from './order.ts'
import { compareItems, mergeSorted } from './order.ts'

/** The requested page. */
export interface PageRequest {
  /** From 1. AgentOS also accepts 0 for the first page. */
  readonly page: number
  readonly limit: number
}

/**
 * Deepest item of a merged page. A deeper page needs a `db_id`, because every upstream would have to send all items
 * before it.
 */
export const MAX_ITEMS = 1_000

/** An item as original text and as parsed value. */
export interface Item {
  readonly text: string
  readonly value: unknown
}

/** The first items of one list, as many as the page may need. */
export interface Listed {
  readonly items: readonly Item[]
  readonly totalCount: number
  /** Raw values of the members beside the items. */
  readonly members: ReadonlyMap<string, string>
  readonly meta: ReadonlyMap<string, string>
}

/** Number of items that each list may contribute to the page and to the pages before it. */
export function itemsNeeded({ page, limit }: PageRequest): number {
  return Math.max(page, 1) * limit
}

/**
 * Refuses a page that lies beyond the first {@link MAX_ITEMS} items: a merged list fetches all items before the page.
 *
 * @throws {GatewayError} `AGW_BAD_REQUEST`
 */
export function assertWithinCap(wanted: PageRequest): void {
  if (itemsNeeded(wanted) <= MAX_ITEMS) return
  const detail = `A db_id is required for pages beyond the first ${MAX_ITEMS} items when several databases are listed together`
  throw new GatewayError('AGW_BAD_REQUEST', { detail })
}

/**
 * Reads a paginated answer.
 *
 * @param text valid JSON
 * @param member member that contains the items, `data` or `entries`
 * @param parsed the parsed text, if it is already available
 * @returns undefined when the text is no paginated answer
 * @see AgentOS `PaginatedResponse`
 */
export function readPage(
  text: string,
  member: string,
  parsed: unknown = JSON.parse(text),
): Listed | undefined {
  const value = parsed as Record<string, unknown> | null | undefined
  const values = value?.[member]
  const meta = value?.['meta'] as { total_count?: unknown } | undefined
  if (!Array.isArray(values) || !values.every(isObject)) return undefined
  if (typeof meta?.total_count !== 'number') return undefined
  const members = objectMembers(text)
  const texts = arrayItems(members.get(member) as string)
  return {
    items: texts.map((itemText, index) => ({ text: itemText, value: values[index] as unknown })),
    totalCount: meta.total_count,
    members,
    meta: objectMembers(members.get('meta') as string),
  }
}

/** Joins two consecutive parts of the same list. */
export function appended(first: Listed, next: Listed): Listed {
  return { ...first, items: [...first.items, ...next.items] }
}

/**
 * Writes the page of the merged list. The text of each item is unchanged, and counts are summed. All other members come
 * from the first answer.
 *
 * @param lists at least one
 */
export function mergedPage(
  lists: readonly Listed[],
  member: string,
  wanted: PageRequest,
  order: Order | undefined,
): string {
  const texts = lists.map(({ items }) => items)
  const merged = order ? mergeSorted(texts, comparing(order)) : texts.flat()
  const totalCount = lists.reduce((sum, { totalCount: count }) => sum + count, 0)
  return pageText(lists, member, merged, { ...wanted, totalCount })
}

function comparing(order: Order): (a: Item, b: Item) => number {
  const compare = compareItems(order)
  return (a, b) => compare(a.value, b.value)
}

/** Cuts the page out of the whole merged list, and adds the other members of the answer. */
export function pageText(
  lists: readonly Listed[],
  member: string,
  merged: readonly Item[],
  { page, limit, totalCount }: PageRequest & { readonly totalCount: number },
): string {
  const start = (Math.max(page, 1) - 1) * limit
  const items = merged.slice(start, start + limit).map(({ text }) => text)
  const [first] = lists as readonly [Listed, ...Listed[]]
  const meta = new Map(first.meta)
    .set('page', String(page))
    .set('limit', String(limit))
    .set('total_pages', String(Math.ceil(totalCount / limit)))
    .set('total_count', String(totalCount))
  if (meta.has('search_time_ms')) meta.set('search_time_ms', slowest(lists))
  const members = new Map(first.members).set(member, `[${items.join(',')}]`)
  return objectText(members.set('meta', objectText(meta)))
}

/** The longest search time, because the upstreams were searched in parallel. */
function slowest(lists: readonly Listed[]): string {
  const times = lists.map(({ meta }) => meta.get('search_time_ms') ?? '0')
  return times.reduce((a, b) => (Number(b) > Number(a) ? b : a))
}
