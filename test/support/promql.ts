/** Finds metrics and labels in Prometheus expressions. */

/** Functions and operators that the files use; these words are not metrics. */
const WORDS = new Set(
  'sum min max by without and or unless bool rate increase histogram_quantile topk time'.split(' '),
)

export interface UsedMetric {
  readonly name: string
  /** Labels of the selector and of the grouping. */
  readonly labels: readonly string[]
}

/** @param expression labels in `by` count as labels of every metric in it, except `le`, which only buckets have */
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
