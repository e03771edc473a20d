/** One page out of the pages of many: what a single database holding everything would answer. */
import { GatewayError } from '../errors.ts'
import { arrayItems, objectMembers, objectText } from '../json/json-text.ts'
import type { Order } from './order.ts'
import { compareItems, mergeSorted } from './order.ts'

/** The page a caller wants. */
export interface PageRequest {
  /** From 1; AgentOS takes 0 for the first page too. */
  readonly page: number
  readonly limit: number
}

/** Pages that lie deeper than this many items need a `db_id`: all before them would have to be fetched from everyone. */
export const MAX_ITEMS = 1_000

/** An item as it came and as it reads. */
export interface Item {
  readonly text: string
  readonly value: unknown
}

/** The beginning of one list: its first items, as many as the page can need. */
export interface Listed {
  readonly items: readonly Item[]
  readonly totalCount: number
  /** Raw values of the members beside the items. */
  readonly members: ReadonlyMap<string, string>
  readonly meta: ReadonlyMap<string, string>
}

/** How many items of each list may come to stand on the page or before it. */
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
 * @param member what holds the items, `data` or `entries`
 * @param parsed what the text says, where that is known already
 * @returns undefined when it is no such answer
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

/** Two stretches of the same list. */
export function appended(first: Listed, next: Listed): Listed {
  return { ...first, items: [...first.items, ...next.items] }
}

/**
 * The page of the merged list, as text. Items stay as they came, to the byte; counts are summed; what else the answers say
 * is taken from the first.
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

/** Cuts the page out of the whole merged list and puts the rest of the answer around it. */
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

/** They were searched side by side: it took as long as the slowest. */
function slowest(lists: readonly Listed[]): string {
  const times = lists.map(({ meta }) => meta.get('search_time_ms') ?? '0')
  return times.reduce((a, b) => (Number(b) > Number(a) ? b : a))
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
