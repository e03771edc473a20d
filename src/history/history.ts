/**
 * Records the traffic of the last hour (slots of 5 s) and of the last day (slots of 1 min) in bounded memory. It reads
 * counters, so requests never wait for it.
 */
import type { Traffic } from '../metrics/traffic.ts'
import type { Slot } from './slot.ts'
import { busiest, joinedSlot } from './slot.ts'
import type { Totals } from './totals.ts'
import { difference, totalsOf } from './totals.ts'

/** Slot lengths, in seconds, and how many slots are kept. */
export const STEPS = {
  '5s': { seconds: 5, slots: 720 },
  '1m': { seconds: 60, slots: 1_440 },
} as const

export type Step = keyof typeof STEPS

/** Most components that one slot names: with them, both rings together stay below 10 MB. */
export const MOST_COMPONENTS = 20

/** Longest time by which a timer fires early, in milliseconds: it counts by another clock than `Date`. */
const EARLY_MS = 100

const SLOTS_PER_MINUTE = STEPS['1m'].seconds / STEPS['5s'].seconds

export class History {
  readonly #traffic: Traffic
  readonly #open: () => number
  readonly #rings: Readonly<Record<Step, Slot[]>> = { '5s': [], '1m': [] }
  #before: Totals | undefined
  #timer: NodeJS.Timeout | undefined
  /** Start of the record, in seconds since 1970; 0 before {@link History.start}. */
  since = 0

  /** @param open number of answers in progress now */
  constructor(traffic: Traffic, open: () => number) {
    this.#traffic = traffic
    this.#open = open
  }

  /** Takes a sample every 5 s from now on, at full multiples of 5 s so that the slots of several processes match. */
  start(): void {
    if (this.since > 0) return
    const now = Date.now()
    this.since = Math.floor(now / 1000)
    this.#before = totalsOf(this.#traffic)
    this.#schedule(now)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #schedule(nowMs: number): void {
    const stepMs = STEPS['5s'].seconds * 1000
    const untilStepMs = stepMs - (nowMs % stepMs)
    // A timer may fire shortly before its time by the clock: that multiple is the one it was set for.
    const waitMs = untilStepMs < EARLY_MS ? untilStepMs + stepMs : untilStepMs
    this.#timer = setTimeout(() => {
      const now = Date.now()
      this.sample(Math.floor((now + EARLY_MS) / 1000))
      this.#schedule(now)
    }, waitMs).unref()
  }

  /** Closes the current slot. @param nowSeconds since 1970 */
  sample(nowSeconds: number): void {
    const now = totalsOf(this.#traffic)
    const change = this.#before === undefined ? now : difference(now, this.#before)
    this.#before = now
    const { seconds } = STEPS['5s']
    this.#push('5s', {
      at: Math.floor(nowSeconds / seconds) * seconds - seconds,
      ...change.counts,
      open: this.#open(),
      duration: [...change.duration],
      firstEvent: [...change.firstEvent],
      components: busiest([...change.components.values()], MOST_COMPONENTS),
    })
    if (nowSeconds % STEPS['1m'].seconds < seconds) this.#closeMinute(nowSeconds)
  }

  #closeMinute(nowSeconds: number): void {
    const { seconds } = STEPS['1m']
    const at = Math.floor(nowSeconds / seconds) * seconds - seconds
    const slots = this.#rings['5s'].slice(-SLOTS_PER_MINUTE).filter((slot) => slot.at >= at)
    const joined = joinedSlot(at, slots, MOST_COMPONENTS)
    joined.open = Math.max(0, ...slots.map(({ open }) => open))
    this.#push('1m', joined)
  }

  #push(step: Step, slot: Slot): void {
    const ring = this.#rings[step]
    ring.push(slot)
    if (ring.length > STEPS[step].slots) ring.shift()
  }

  /** All kept slots, oldest first. */
  read(step: Step): { readonly since: number; readonly slots: readonly Slot[] } {
    return { since: this.since, slots: this.#rings[step] }
  }
}
