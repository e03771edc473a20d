/** A strict parser of Prometheus's text format. */

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: Sample[]
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y

/**
 * @throws on any format error: a sample outside its family, a duplicate series, a decreasing bucket
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let current: Family | undefined
  let help: readonly [string, string] | undefined
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (kind === 'HELP') {
      help = [name, rest]
      continue
    }
    if (kind === 'TYPE') {
      if (help?.[0] !== name || families.has(name)) throw new Error(`misplaced: ${line}`)
      current = { name, type: rest, help: help[1], samples: [] }
      families.set(name, current)
      continue
    }
    const sample = sampleIn(line)
    if (current === undefined || !belongs(sample.name, current)) throw new Error(`stray: ${line}`)
    const series = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).toSorted())}`
    if (seen.has(series)) throw new Error(`twice: ${line}`)
    seen.add(series)
    current.samples.push(sample)
  }
  for (const family of families.values()) {
    if (family.type === 'histogram') assertHistogram(family)
  }
  return families
}

function sampleIn(line: string): Sample {
  const [, name, inner, value] = SAMPLE.exec(line) ?? []
  if (name === undefined) throw new Error(`not a sample: ${line}`)
  const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value)
  if (Number.isNaN(number)) throw new Error(`not a number: ${line}`)
  return { name, labels: labelsIn(inner ?? '', line), value: number }
}

function labelsIn(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const [, name, value] = LABEL.exec(text) ?? []
    if (name === undefined || value === undefined) throw new Error(`bad labels: ${line}`)
    labels[name] = value.replace(/\\(["\\n])/g, (_, one: string) => (one === 'n' ? '\n' : one))
  }
  return labels
}

function belongs(name: string, { name: family, type }: Family): boolean {
  if (type !== 'histogram' && type !== 'summary') return name === family
  return ['_bucket', '_sum', '_count'].some((end) => name === family + end)
}

function assertHistogram({ name, samples }: Family): void {
  const last = new Map<string, number>()
  for (const { name: own, labels, value } of samples) {
    if (own !== `${name}_bucket`) continue
    const { le, ...rest } = labels
    const series = JSON.stringify(rest)
    if (value < (last.get(series) ?? 0)) throw new Error(`${name} shrinks at ${le} of ${series}`)
    last.set(series, value)
    if (le !== '+Inf') continue
    const count = samples.find(
      (one) => one.name === `${name}_count` && JSON.stringify(one.labels) === series,
    )
    if (count?.value !== value) throw new Error(`${name}_count differs from its buckets`)
  }
}

/** Returns the sum of the samples with this name and these labels. */
export function sampleOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const family = families.get(name) ?? families.get(name.replace(/_(?:bucket|sum|count)$/, ''))
  const matching = (family?.samples ?? []).filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )
  return matching.reduce((sum, { value }) => sum + value, 0)
}
