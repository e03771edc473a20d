/** Sorts and merges lists in AgentOS's order, by the values of their items. */

export interface Order {
  /** Members to compare in turn: a later member decides only between equal earlier ones. */
  readonly by: readonly string[]
  readonly isDescending: boolean
}

type Item = Readonly<Record<string, unknown>>

/**
 * Comparator for `Array.sort`. Items without the member come first when ascending and last when descending, as in a
 * database.
 */
export function compareItems(order: Order): (a: unknown, b: unknown) => number {
  const sign = order.isDescending ? -1 : 1
  return (a, b) => {
    for (const member of order.by) {
      const difference = compareValues(memberOf(a, member), memberOf(b, member))
      if (difference !== 0) return sign * difference
    }
    return 0
  }
}

/** AgentOS sorts by `updated_at`, and by `created_at` for an item that was never changed. */
function memberOf(item: unknown, member: string): unknown {
  const members = item as Item | null
  const value = members?.[member]
  return value == null && member === 'updated_at' ? members?.['created_at'] : value
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

function compareValues(a: unknown, b: unknown): number {
  if (a == null || b == null) return Number(a != null) - Number(b != null)
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [String(a), String(b)]
  if (INSTANT.test(left) && INSTANT.test(right)) {
    const difference = Date.parse(left) - Date.parse(right)
    if (difference !== 0 && !Number.isNaN(difference)) return difference
  }
  return left < right ? -1 : Number(left > right)
}

/** Merges sorted lists and keeps the order within each list. Of equal items, the item of the earlier list comes first. */
export function mergeSorted<T>(
  lists: readonly (readonly T[])[],
  compare: (a: T, b: T) => number,
): T[] {
  const merged: T[] = []
  const heads = lists.map(() => 0)
  for (;;) {
    let next = -1
    for (const [index, list] of lists.entries()) {
      if ((heads[index] as number) >= list.length) continue
      if (next === -1 || compare(headOf(lists, heads, index), headOf(lists, heads, next)) < 0)
        next = index
    }
    if (next === -1) return merged
    merged.push(headOf(lists, heads, next))
    heads[next] = (heads[next] as number) + 1
  }
}

function headOf<T>(lists: readonly (readonly T[])[], heads: readonly number[], index: number): T {
  return (lists[index] as readonly T[])[heads[index] as number] as T
}
