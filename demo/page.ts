/** Builds AgentOS's pages: `{data, meta}` by `page`, `limit`, `sort_by` and `sort_order`. */
import type { Fields } from './fields.ts'

/**
 * Sorts `entries` by a field of the query (descending by default) and cuts the requested page. An unknown field keeps
 * the order. @throws HttpError 422 for an invalid query.
 */
export function page(
  entries: Record<string, unknown>[],
  query: Fields,
  sortBy: string,
  defaultLimit = 20,
): Record<string, unknown> {
  const limit = query.integer('limit', defaultLimit, 1)
  const page = query.integer('page', 1, 0)
  const field = query.text('sort_by') ?? sortBy
  const sign = query.oneOf('sort_order', ['asc', 'desc']) === 'asc' ? 1 : -1
  query.check()
  const sorted = entries.toSorted((a, b) => sign * compare(a[field], b[field]))
  const start = Math.max(page - 1, 0) * limit
  return {
    data: sorted.slice(start, start + limit),
    meta: {
      page,
      limit,
      total_pages: Math.ceil(entries.length / limit),
      total_count: entries.length,
      search_time_ms: 0,
    },
  }
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a ?? '') < String(b ?? '') ? -1 : String(a ?? '') > String(b ?? '') ? 1 : 0
}
