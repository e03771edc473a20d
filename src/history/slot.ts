/** Defines one slot of the traffic history, of five seconds or one minute. Plain data, because it is sent over IPC. */

/** Counts of a slot for all traffic, or for one component. */
export interface Counts {
  /** Finished requests, without those to `/gateway/*`. */
  requests: number
  /** Requests that started a run. */
  runs: number
  /** Answers of class 5xx. */
  errors: number
  /** Answers of class 4xx. */
  refused: number
  streams: number
  events: number
  inputTokens: number
  outputTokens: number
  /** Sum of the durations of finished requests, in seconds. */
  seconds: number
}

/** Traffic of one component in a slot. */
export interface ComponentCounts extends Counts {
  /** `agents/echo`; `''` for requests that belong to no component. */
  readonly component: string
  readonly upstream: string
}

export interface Slot extends Counts {
  /** Start of the slot, in seconds since 1970. */
  readonly at: number
  /** Relayed answers and WebSockets that were open at the end of the slot. */
  open: number
  /** Requests by duration, in the buckets of `src/metrics/histogram.ts`. */
  duration: number[]
  /** Streams by the time to their first event, in the same buckets. */
  firstEvent: number[]
  /** The busiest components of the slot. */
  components: ComponentCounts[]
}

/** All counts, for loops over them. */
export const COUNTS = [
  'requests',
  'runs',
  'errors',
  'refused',
  'streams',
  'events',
  'inputTokens',
  'outputTokens',
  'seconds',
] as const satisfies readonly (keyof Counts)[]

export function noCounts(): Counts {
  return {
    requests: 0,
    runs: 0,
    errors: 0,
    refused: 0,
    streams: 0,
    events: 0,
    inputTokens: 0,
    outputTokens: 0,
    seconds: 0,
  }
}

/** Adds the counts of `other` to `total`. */
export function addCounts(total: Counts, other: Counts): void {
  for (const name of COUNTS) total[name] += other[name]
}

/** Adds bucket by bucket; an empty list counts as zeros. */
export function addBuckets(total: readonly number[], other: readonly number[]): number[] {
  const [longer, shorter] = total.length >= other.length ? [total, other] : [other, total]
  return longer.map((count, index) => count + (shorter[index] ?? 0))
}

/** Merges several slots into one: neighbours in time, or the same time in several processes. The caller sets `open`. */
export function joinedSlot(at: number, slots: readonly Slot[], mostComponents: number): Slot {
  const joined: Slot = {
    at,
    ...noCounts(),
    open: 0,
    duration: [],
    firstEvent: [],
    components: [],
  }
  const byName = new Map<string, ComponentCounts>()
  for (const slot of slots) {
    addCounts(joined, slot)
    joined.duration = addBuckets(joined.duration, slot.duration)
    joined.firstEvent = addBuckets(joined.firstEvent, slot.firstEvent)
    for (const one of slot.components) {
      const name = `${one.upstream} ${one.component}`
      const known = byName.get(name)
      if (known) addCounts(known, one)
      else byName.set(name, { ...one })
    }
  }
  joined.components = busiest([...byName.values()], mostComponents)
  return joined
}

/** The components with the most requests. */
export function busiest(all: ComponentCounts[], most: number): ComponentCounts[] {
  if (all.length <= most) return all
  return all.toSorted((a, b) => b.requests - a.requests).slice(0, most)
}
