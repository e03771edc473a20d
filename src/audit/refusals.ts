/**
 * Records refused requests, and counts those of a flood, so that a caller cannot fill the disk. Each verified caller has a
 * limit of its own: a flood of one hides no refusal of another.
 */
import type { Caller } from '../auth/caller.ts'
import type { AuditMembers } from './chain.ts'
import type { AuditTrail } from './trail.ts'
import { whoIs } from './who.ts'

/** Length of a window, in milliseconds. */
const WINDOW_MS = 10_000
/** Most lines of one subject in a window. */
const MAX_LINES = 200

/** Sender of a refused request. */
export interface RefusedCaller {
  /** Undefined for a request that was refused before it was authenticated. */
  readonly caller: Caller | undefined
  readonly ip: string
}

/** Refusals of one subject in the current window. */
interface Count extends RefusedCaller {
  lines: number
  /** Number of omitted lines by status. */
  readonly omitted: Map<number, number>
}

export class Refusals {
  readonly #trail: AuditTrail
  readonly #windowMs: number
  /** By principal. Callers without one count together, because addresses and invalid tokens are free to change. */
  readonly #counts = new Map<string | undefined, Count>()
  #timer: NodeJS.Timeout | undefined

  /** @param windowMs default 10 s */
  constructor(trail: AuditTrail, windowMs = WINDOW_MS) {
    this.#trail = trail
    this.#windowMs = windowMs
  }

  /** @param members builds the members of the line; not called for an omitted one */
  add({ caller, ip }: RefusedCaller, status: number, members: () => AuditMembers): void {
    this.#timer ??= setTimeout(() => this.endWindow(), this.#windowMs).unref()
    const key = caller?.principal
    const count = this.#counts.get(key) ?? { caller, ip, lines: 0, omitted: new Map() }
    this.#counts.set(key, count)
    if (count.lines < MAX_LINES) {
      count.lines++
      this.#trail.append(members(), 'other')
    } else count.omitted.set(status, (count.omitted.get(status) ?? 0) + 1)
  }

  /** Writes how many lines were omitted, and begins a new window. */
  endWindow(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const [principal, { caller, ip, omitted }] of this.#counts) {
      if (omitted.size === 0) continue
      const who = principal === undefined ? {} : whoIs(caller, ip)
      const sum = [...omitted.values()].reduce((a, b) => a + b)
      const members = { omitted: sum, statuses: Object.fromEntries(omitted) }
      this.#trail.append({ event: 'refusals_omitted', ...who, ...members }, 'ended')
    }
    this.#counts.clear()
  }
}
