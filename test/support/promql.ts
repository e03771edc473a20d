/** Finds metrics and labels in expressions of Prometheus. */

/** Words of the language that are no metric: functions and operators that the files use, and no others. */
const WORDS = new Set(
  'sum min max by without and or unless bool rate increase histogram_quantile topk'.split(' '),
)

export interface UsedMetric {
  readonly name: string
  /** Of its selector, and of what it is grouped by. */
  readonly labels: readonly string[]
}

/** @param expression where labels are grouped by, they are held to be labels of every metric in it but `le` of buckets alone */
export function metricsIn(expression: string): UsedMetric[] {
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  )
  const bare = expression.replace(/\bby \([^)]*\)/g, '').replace(/\[[^\]]*\]/g, '')
  const found: UsedMetric[] = []
  for (const [, name = '', selector = ''] of bare
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .matchAll(/([a-zA-Z_:][\w:]*)(\{[^}]*\})?/g)) {
    if (WORDS.has(name)) continue
    const own = [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label)
    found.push({ name, labels: [...own, ...grouped] })
  }
  return found
}
