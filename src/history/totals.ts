/** Reads the counts of `Traffic` since the start, and subtracts two readings. */
import type { Traffic } from '../metrics/traffic.ts'
import { startsRuns } from '../metrics/traffic.ts'
import type { ComponentCounts, Counts } from './slot.ts'
import { addBuckets, addCounts, COUNTS, noCounts } from './slot.ts'

/** Everything counted since the process started. */
export interface Totals {
  readonly counts: Counts
  readonly duration: readonly number[]
  readonly firstEvent: readonly number[]
  /** By `<upstream> <component>`. */
  readonly components: ReadonlyMap<string, ComponentCounts>
}

/** The gateway's own routes are left out: the console polls them. */
const isOwn = (route: string) => route.startsWith('/gateway')

export function totalsOf(traffic: Traffic): Totals {
  const counts = noCounts()
  const components = new Map<string, ComponentCounts>()
  let duration: number[] = []
  let firstEvent: number[] = []
  const of = (upstream: string, component: string): ComponentCounts => {
    const name = `${upstream} ${component}`
    const known = components.get(name) ?? { component, upstream, ...noCounts() }
    components.set(name, known)
    return known
  }
  for (const series of traffic.requestSeries) {
    const { route, upstream, component } = series.labels
    if (isOwn(route)) continue
    const { count, sum, counts: buckets } = series.duration
    const own = {
      ...noCounts(),
      requests: count,
      runs: startsRuns(series.labels) ? count : 0,
      errors: series.statuses[5] ?? 0,
      refused: series.statuses[4] ?? 0,
      seconds: sum,
    }
    addCounts(counts, own)
    addCounts(of(upstream, component), own)
    duration = addBuckets(duration, buckets)
  }
  for (const series of traffic.streamSeries) {
    const { streams, events } = series
    const own = { ...noCounts(), streams, events }
    addCounts(counts, own)
    addCounts(of(series.labels.upstream, series.labels.component), own)
    firstEvent = addBuckets(firstEvent, series.firstEvent.counts)
  }
  for (const { labels, inputTokens, outputTokens } of traffic.runSeries) {
    const own = { ...noCounts(), inputTokens, outputTokens }
    addCounts(counts, own)
    addCounts(of(labels.upstream, labels.component), own)
  }
  return { counts, duration, firstEvent, components }
}

/** Counts between two readings. */
export function difference(now: Totals, before: Totals): Totals {
  const components = new Map<string, ComponentCounts>()
  for (const [name, one] of now.components) {
    const earlier = before.components.get(name)
    const change = earlier ? { ...one, ...countsBetween(one, earlier) } : one
    if (COUNTS.some((count) => change[count] > 0)) components.set(name, change)
  }
  return {
    counts: countsBetween(now.counts, before.counts),
    duration: bucketsBetween(now.duration, before.duration),
    firstEvent: bucketsBetween(now.firstEvent, before.firstEvent),
    components,
  }
}

function countsBetween(now: Counts, before: Counts): Counts {
  const change = noCounts()
  for (const name of COUNTS) change[name] = Math.max(0, now[name] - before[name])
  return change
}

/** Returns an empty list without counts, as in most slots of an idle gateway. */
function bucketsBetween(now: readonly number[], before: readonly number[]): number[] {
  const change = now.map((count, index) => count - (before[index] ?? 0))
  return change.some((count) => count > 0) ? change : []
}
