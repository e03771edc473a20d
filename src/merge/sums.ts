/** Merges answers by addition: counts, usage figures and statistics by user. */
import { isObject } from '../json/is-object.ts'
import type { Order } from './order.ts'
import { compareItems } from './order.ts'
import type { Item, Listed, PageRequest } from './pages.ts'
import { pageText } from './pages.ts'

type Json = Record<string, unknown>

/**
 * The union of all arrays, in order of first occurrence.
 *
 * @see AgentOS `GET /memory_topics`
 */
export function mergedUnion(answers: readonly unknown[]): unknown[] {
  return [...new Set(answers.flatMap((answer) => (Array.isArray(answer) ? answer : [])))]
}

/** The sum of `count`. @see AgentOS `GET /approvals/count` */
export function mergedCount(answers: readonly unknown[]): Json {
  return merged(answers, (name) => name === 'count')
}

/**
 * Queue statistics: sums the numbers, and takes the greatest age.
 *
 * @see AgentOS `GET /queue/stats`
 */
export function mergedStats(answers: readonly unknown[]): Json {
  return merged(answers, () => true)
}

/**
 * Merges usage figures by day: counters are summed, models by id and provider. `users_count` is summed too, because the
 * answers do not name the users. Days are in order.
 *
 * @see AgentOS `GET /metrics`
 */
export function mergedMetrics(answers: readonly unknown[]): Json {
  const days = new Map<string, Json>()
  for (const answer of answers) {
    for (const day of listOf((answer as Json | null)?.['metrics'])) {
      const key = `${String(day['date'])}\n${String(day['user_id'] ?? '')}`
      const known = days.get(key)
      days.set(key, known ? mergedDay(known, day) : day)
    }
  }
  const metrics = [...days.values()].toSorted(compareItems({ by: ['date'], isDescending: false }))
  const [first = {}] = answers as Json[]
  const updated = answers.map((answer) => (answer as Json | null)?.['updated_at'])
  return { ...first, metrics, updated_at: updated.reduce(later, null) }
}

function mergedDay(a: Json, b: Json): Json {
  return {
    ...mergedPair(a, b, (name) => name.endsWith('_count')),
    token_metrics: merged([a['token_metrics'], b['token_metrics']], () => true),
    model_metrics: mergedModels([...listOf(a['model_metrics']), ...listOf(b['model_metrics'])]),
    updated_at: later(a['updated_at'], b['updated_at']),
  }
}

function mergedModels(models: readonly Json[]): Json[] {
  const byName = new Map<string, Json>()
  for (const model of models) {
    const key = `${String(model['model_id'])}\n${String(model['model_provider'])}`
    const known = byName.get(key)
    byName.set(key, known ? mergedPair(known, model, () => true) : model)
  }
  return [...byName.values()]
}

/** Rules for merging rows about the same subject. */
export interface RowMerge {
  /** Member that identifies the subject of a row. */
  readonly by: string
  /** Members that take the latest value. Numbers are summed; all other members come from the first row. */
  readonly latest: readonly string[]
}

/**
 * Merges rows that may appear once per list for one subject, then sorts them again and cuts the page.
 *
 * @param lists complete lists; with an incomplete list `total_count` counts rows instead of subjects
 * @see AgentOS `GET /user_memory_stats`, `GET /learnings/users`
 */
export function mergedRows(
  lists: readonly Listed[],
  member: string,
  wanted: PageRequest,
  { order, rows }: { readonly order: Order; readonly rows: RowMerge },
): string {
  const bySubject = new Map<unknown, Item>()
  for (const item of lists.flatMap(({ items }) => items)) {
    const key = (item.value as Json)[rows.by]
    const known = bySubject.get(key)
    bySubject.set(key, known ? mergedRow(known, item, rows) : item)
  }
  const compare = compareItems(order)
  const sorted = [...bySubject.values()].toSorted((a, b) => compare(a.value, b.value))
  return pageText(lists, member, sorted, { ...wanted, totalCount: sorted.length })
}

function mergedRow(a: Item, b: Item, { latest }: RowMerge): Item {
  const [first, second] = [a.value as Json, b.value as Json]
  const value = mergedPair(first, second, () => true)
  for (const member of latest) value[member] = later(first[member], second[member])
  return { value, text: JSON.stringify(value) }
}

function merged(objects: readonly unknown[], isSummed: (name: string) => boolean): Json {
  return objects
    .filter((object) => typeof object === 'object' && object !== null)
    .map((object) => object as Json)
    .reduce((a, b) => mergedPair(a, b, isSummed), {})
}

/** Sums the selected numbers, also inside objects. All other members come from the first value. */
function mergedPair(a: Json, b: Json, isSummed: (name: string) => boolean): Json {
  const sum: Json = { ...a }
  for (const [name, value] of Object.entries(b)) {
    const known = sum[name]
    if (known === undefined || known === null) sum[name] = value
    else if (typeof known === 'number' && typeof value === 'number' && isSummed(name)) {
      sum[name] = /(?:^|_)age(?:_|$)/.test(name) ? Math.max(known, value) : known + value
    } else if (isObject(known) && isObject(value)) sum[name] = mergedPair(known, value, isSummed)
  }
  return sum
}

function later(a: unknown, b: unknown): unknown {
  return compareItems({ by: ['at'], isDescending: false })({ at: a }, { at: b }) < 0 ? b : a
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as Json[]) : []
}
