/** Counts amounts by budget, subject and window: in memory, and in the shared store if there is one. */
import { hash } from 'node:crypto'
import type { BudgetConfig } from '../../config/types.ts'
import type { SharedStore } from '../store/shared-store.ts'
import type { Amount } from './amount.ts'
import { larger, NO_AMOUNT, plus } from './amount.ts'
import type { Window } from './window.ts'
import { windowAt } from './window.ts'

/** A subject of a budget, such as one user. */
export interface Account {
  readonly budget: BudgetConfig
  /** Value of `by`; undefined for all callers without one. */
  readonly subject: string | undefined
}

/** Usage of a subject in a window. */
export interface Entry extends Account, Window {
  readonly used: Amount
}

export interface LedgerOptions {
  /** Store that counts for several processes. Undefined: this process counts alone. */
  store(): SharedStore | undefined
  /** Separates the counts of unrelated gateways in one store. */
  namespace(): string
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
  /** Default 50,000. */
  readonly maxEntries?: number
}

const MAX_ENTRIES = 50_000
/** Entries that are compared when one has to be dropped. */
const COMPARED = 64
/** Time for which a count outlives its window, so that a clock that is set back finds it. */
const GRACE_MS = 3_600_000
/** Counts in the store, by their member of an amount. */
const UNITS = { tokens: 'tokens', microCost: 'cost' } as const

export class Ledger {
  readonly #options: LedgerOptions
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>()

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  /** Adds an amount in the current window. Returns at once. */
  add(account: Account, amount: Amount): void {
    const window = this.#windowOf(account)
    const key = keyOf(account, window)
    const known = this.#entries.get(key)
    const used = plus(known?.used ?? NO_AMOUNT, amount)
    if (known === undefined) this.#makeRoom()
    this.#entries.set(key, { ...account, ...window, used })
    const ttlMs = window.endMs - this.#now() + GRACE_MS
    for (const unit of ['tokens', 'microCost'] as const) {
      if (amount[unit] > 0) this.#options.store()?.add(this.#nameOf(key, unit), amount[unit], ttlMs)
    }
  }

  /**
   * Usage of the account in the current window: by the store, and at least what this process has counted. Never
   * rejects.
   */
  async read(account: Account): Promise<Entry> {
    const window = this.#windowOf(account)
    const key = keyOf(account, window)
    const own = this.#entries.get(key)?.used ?? NO_AMOUNT
    const store = this.#options.store()
    const { tokens, cost } = account.budget.limit
    const shared = await Promise.all([
      tokens === undefined ? undefined : store?.get(this.#nameOf(key, 'tokens')),
      cost === undefined ? undefined : store?.get(this.#nameOf(key, 'microCost')),
    ])
    const [sharedTokens, sharedCost] = shared.map(countIn)
    const used = larger(own, { tokens: sharedTokens ?? 0, microCost: sharedCost ?? 0 })
    return { ...account, ...window, used }
  }

  /** Entries of the current windows that this process has counted, oldest first. */
  *current(): Iterable<Entry> {
    const now = this.#now()
    for (const entry of this.#entries.values()) {
      if (entry.startMs <= now && now < entry.endMs) yield entry
    }
  }

  #windowOf({ budget }: Account): Window {
    return windowAt(budget.window, this.#now())
  }

  #now(): number {
    return (this.#options.now ?? Date.now)()
  }

  #nameOf(key: string, unit: keyof typeof UNITS): string {
    const digest = hash('sha256', key, 'base64url')
    return `agentos-gateway:${this.#options.namespace()}:budget:${digest}:${UNITS[unit]}`
  }

  /**
   * Drops ended windows. If all of them are in use, drops the one with the least amount of the oldest: so a caller with
   * many identities cannot push out a count that is near its limit.
   */
  #makeRoom(): void {
    const { maxEntries = MAX_ENTRIES } = this.#options
    if (this.#entries.size < maxEntries) return
    const before = this.#now() - GRACE_MS
    let least: { readonly key: string; readonly tokens: number } | undefined
    let compared = 0
    for (const [key, { endMs, used }] of this.#entries) {
      if (endMs <= before) this.#entries.delete(key)
      else if (least === undefined || used.tokens < least.tokens) {
        least = { key, tokens: used.tokens }
      }
      if (++compared === COMPARED) break
    }
    if (this.#entries.size >= maxEntries && least) this.#entries.delete(least.key)
  }
}

/** Budgets with equal texts have the same counts: a budget whose subjects or windows change starts at 0. */
export function countsAs({ name, by, window }: BudgetConfig): string {
  return JSON.stringify([name, by, window])
}

function keyOf({ budget, subject }: Account, { startMs }: Window): string {
  return JSON.stringify([countsAs(budget), startMs, subject ?? null])
}

function countIn(value: string | undefined): number {
  const count = Number(value)
  return Number.isFinite(count) && count > 0 ? count : 0
}
