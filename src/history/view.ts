/** Builds the answer of `GET /gateway/history`: one series per quantity, over all processes. */
import { SECONDS } from '../metrics/histogram.ts'
import type { Step } from './history.ts'
import { MOST_COMPONENTS, STEPS } from './history.ts'
import type { ComponentCounts, Slot } from './slot.ts'
import { addBuckets, addCounts, COUNTS, joinedSlot } from './slot.ts'

/** The record of one process. */
export interface ProcessHistory {
  readonly since: number
  readonly slots: readonly Slot[]
}

/** Most components in the table of an answer. */
const TABLE_ROWS = 200

/**
 * @param component only its traffic, such as `agents/echo`; undefined for all
 */
export function historyView(all: readonly ProcessHistory[], step: Step, component?: string) {
  const slots = mergedSlots(all)
  const shown = component === undefined ? slots : slots.map((slot) => onlyOf(slot, component))
  return {
    since: Math.min(...all.map(({ since }) => since)),
    step_seconds: STEPS[step].seconds,
    kept_slots: STEPS[step].slots,
    processes: all.length,
    component: component ?? null,
    at: shown.map(({ at }) => at),
    open: shown.map(({ open }) => open),
    ...Object.fromEntries(COUNTS.map((name) => [wireName(name), shown.map((slot) => slot[name])])),
    duration_p50: shown.map(({ duration }) => quantile(duration, 0.5)),
    duration_p95: shown.map(({ duration }) => quantile(duration, 0.95)),
    first_event_p50: shown.map(({ firstEvent }) => quantile(firstEvent, 0.5)),
    first_event_p95: shown.map(({ firstEvent }) => quantile(firstEvent, 0.95)),
    totals: totalsIn(shown),
    components: componentTable(slots),
  }
}

function mergedSlots(all: readonly ProcessHistory[]): Slot[] {
  const [only, another] = all
  if (only && !another) return [...only.slots]
  const byTime = new Map<number, Slot[]>()
  for (const { slots } of all) {
    for (const slot of slots) {
      const known = byTime.get(slot.at)
      if (known) known.push(slot)
      else byTime.set(slot.at, [slot])
    }
  }
  return [...byTime]
    .toSorted(([a], [b]) => a - b)
    .map(([at, same]) => {
      const joined = joinedSlot(at, same, MOST_COMPONENTS * all.length)
      joined.open = same.reduce((sum, { open }) => sum + open, 0)
      return joined
    })
}

/** Durations are kept for all traffic only: a component has none. */
function onlyOf(slot: Slot, component: string): Slot {
  const own = slot.components.filter((one) => one.component === component)
  const only = { at: slot.at, open: 0, duration: [], firstEvent: [], components: own }
  const empty: Slot = { ...slot, ...Object.fromEntries(COUNTS.map((name) => [name, 0])), ...only }
  for (const one of own) addCounts(empty, one)
  return empty
}

function totalsIn(slots: readonly Slot[]) {
  const duration = slots.reduce<number[]>((sum, slot) => addBuckets(sum, slot.duration), [])
  const firstEvent = slots.reduce<number[]>((sum, slot) => addBuckets(sum, slot.firstEvent), [])
  const sums = COUNTS.map((name) => [wireName(name), slots.reduce((sum, s) => sum + s[name], 0)])
  return {
    ...(Object.fromEntries(sums) as Record<string, number>),
    duration_p50: quantile(duration, 0.5),
    duration_p95: quantile(duration, 0.95),
    first_event_p50: quantile(firstEvent, 0.5),
    first_event_p95: quantile(firstEvent, 0.95),
  }
}

function componentTable(slots: readonly Slot[]) {
  const byName = new Map<string, ComponentCounts>()
  for (const { components } of slots) {
    for (const one of components) {
      const name = `${one.upstream} ${one.component}`
      const known = byName.get(name)
      if (known) addCounts(known, one)
      else byName.set(name, { ...one })
    }
  }
  return [...byName.values()]
    .toSorted((a, b) => b.requests - a.requests)
    .slice(0, TABLE_ROWS)
    .map(({ component, upstream, ...counts }) => ({
      component,
      upstream,
      ...Object.fromEntries(COUNTS.map((name) => [wireName(name), counts[name]])),
    }))
}

function wireName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/**
 * The value below which a share of the observations lies, by linear interpolation inside its bucket; null where there are
 * none. Above the last bound the bound itself.
 */
export function quantile(buckets: readonly number[], share: number): number | null {
  const total = buckets.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const wanted = total * share
  let below = 0
  for (const [index, count] of buckets.entries()) {
    if (below + count >= wanted && count > 0) {
      const lower = SECONDS[index - 1] ?? 0
      const upper = SECONDS[index] ?? lower
      return round(lower + ((upper - lower) * (wanted - below)) / count)
    }
    below += count
  }
  return SECONDS.at(-1) ?? null
}

const round = (value: number) => Math.round(value * 10_000) / 10_000
