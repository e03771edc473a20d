/** Converts the spans of a trace to rows with a position on the timeline. */
import { shaped } from '../../api/shape.ts'
import type { TraceNode } from '../../api/types.ts'
import { listIn } from '../../api/types.ts'

export interface SpanRow {
  readonly node: TraceNode
  readonly depth: number
  /** Start and length on the timeline, in percent. */
  readonly left: number
  readonly width: number
}

export function spanRows(tree: readonly unknown[]): SpanRow[] {
  const flat: { node: TraceNode; depth: number; start: number; end: number }[] = []
  // A stack instead of recursion, because a trace may be very deep.
  const stack = tree
    .map((node) => ({ node: shaped(node) as unknown as TraceNode, depth: 0 }))
    .toReversed()
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, depth } = next
    const [start, end] = [moment(node['start_time']), moment(node['end_time'])]
    flat.push({ node, depth, start, end })
    for (const child of listIn(node.spans).map(shaped).toReversed() as unknown as TraceNode[]) {
      stack.push({ node: child, depth: depth + 1 })
    }
  }
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (const { start, end } of flat) {
    if (start > 0 && start < first) first = start
    if (end > last) last = end
  }
  const whole = Math.max(1, last - first)
  return flat.map(({ node, depth, start, end }) => ({
    node,
    depth,
    left: start > 0 ? ((start - first) / whole) * 100 : 0,
    width: start > 0 ? ((end - start) / whole) * 100 : 0,
  }))
}

function moment(value: unknown): number {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? 0 : at
}
