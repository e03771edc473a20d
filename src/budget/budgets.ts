/**
 * Decides whether a run may start within its budgets, and charges runs to them. The tokens of a run are charged while its
 * response passes; the run that crosses a limit completes.
 */
import { LRUCache } from 'lru-cache'
import type { BudgetConfig } from '../../config/types.ts'
import type { SharedStore } from '../store/shared-store.ts'
import { Turn } from '../turns.ts'
import type { ReadRun } from '../usage/run-reader.ts'
import { RunUsage } from '../usage/run-usage.ts'
import type { Amount } from './amount.ts'
import { larger, NO_AMOUNT } from './amount.ts'
import { BudgetCounters } from './counters.ts'
import type { FollowerOptions } from './follower.ts'
import { Follower } from './follower.ts'
import type { Account, LedgerOptions } from './ledger.ts'
import { countsAs, Ledger } from './ledger.ts'
import { RunAccount } from './run-account.ts'
import type { Standing } from './standing.ts'
import { remainingText, secondsTo, standingOf } from './standing.ts'
import type { StoredRun } from './stored-run.ts'
import { storedRunIn } from './stored-run.ts'
import type { BudgetedRun } from './subject.ts'
import { isSelected, subjectOf } from './subject.ts'

/** Most runs that are remembered because they are paused or in the background. */
const MAX_UNFINISHED = 10_000
/** Time for which such a run is remembered after its last charge. */
const UNFINISHED_MS = 24 * 3_600_000

/** Time for which the store knows that a run is over: longer than the pauses of a process that follows it. */
const ENDED_MS = 5 * 60_000

/** How a request starts to charge a run. */
export interface ChargedRun extends BudgetedRun {
  /** Name of the upstream of the request. */
  readonly upstream: string
  /** Id of the run in the path; undefined for a new run. */
  readonly runId: string | undefined
  /** The request only reads the run, so a run that is not known costs nothing. */
  readonly isRead: boolean
  /** See {@link RunUsage}. */
  readonly isOwnOnly: boolean
}

/** Most rows of one process in `GET /gateway/budgets`. */
const MAX_ROWS = 1_000

/** Usage of a subject in the current window. */
export interface BudgetRow {
  readonly budget: string
  readonly subject: string | null
  readonly used: Amount
  /** See {@link Standing}. */
  readonly share: number
}

export class Budgets {
  readonly #options: LedgerOptions
  readonly #ledger: Ledger
  /** For the metrics. */
  readonly counters = new BudgetCounters()
  readonly #reported = new LRUCache<string, true>({ max: MAX_UNFINISHED })
  readonly #unfinished = new LRUCache<string, RunAccount>({
    max: MAX_UNFINISHED,
    ttl: UNFINISHED_MS,
  })

  readonly #follower: Follower

  constructor(options: LedgerOptions & FollowerOptions) {
    this.#options = options
    this.#follower = new Follower(options)
    this.#ledger = new Ledger(options)
  }

  /**
   * The run's standing in each budget that selects it. Never rejects.
   *
   * @param isMember the run is the member of a composed run, which was admitted as a whole: only the budgets of its
   *   component and upstream decide
   */
  async standings(
    budgets: readonly BudgetConfig[],
    run: BudgetedRun,
    isMember = false,
  ): Promise<Standing[]> {
    const deciding = isMember ? budgets.filter(({ by }) => OF_MEMBERS.has(by.kind)) : budgets
    const accounts = accountsOf(deciding, run)
    return Promise.all(accounts.map(async (one) => standingOf(await this.#ledger.read(one))))
  }

  /** Begins to charge a run, or continues. Undefined for a run that costs nothing. */
  async accountOf(
    budgets: readonly BudgetConfig[],
    run: ChargedRun,
  ): Promise<RunAccount | undefined> {
    const { runId, isRead, isOwnOnly, upstream } = run
    const known = runId === undefined ? undefined : this.#unfinished.get(keyOf(upstream, runId))
    if (known) return known
    const before = runId === undefined ? undefined : await this.#stored(upstream, runId)
    if (isRead && before === undefined) return undefined
    const accounts = before ? restored(budgets, before.accounts) : accountsOf(budgets, run)
    if (accounts.length === 0) return undefined
    const { charged } = before ?? { charged: NO_AMOUNT }
    const usage = new RunUsage({
      isOwnOnly,
      before: charged,
      ...(runId !== undefined && { runId }),
    })
    const account = new RunAccount({
      ledger: this,
      accounts,
      usage,
      charged,
      onChange: () => this.#note(upstream, account),
    })
    if (before && runId !== undefined) this.#unfinished.set(keyOf(upstream, runId), account)
    return account
  }

  /** Charges a run that continues in the background after its response has ended. */
  follow(upstream: string, account: RunAccount, read: ReadRun): void {
    this.#follower.follow(account, async (runId, sessionId) => {
      const text = await this.#store?.get(this.#nameOf(keyOf(upstream, runId)))
      // Another process has charged all of it.
      if (text === '') return { run_id: runId, status: 'COMPLETED' }
      const stored = storedRunIn(text)
      if (stored) account.credit(stored.charged)
      return read(runId, sessionId)
    })
  }

  /** Ends all work in the background. */
  close(): void {
    this.#follower.close()
  }

  /** Charges an amount to an account. */
  add(account: Account, amount: Amount): void {
    this.counters.charge(account.budget, amount)
    this.#ledger.add(account, amount)
  }

  /** The subjects with the smallest shares left, for `GET /gateway/budgets`. Plain data, because it is sent over IPC. */
  async rows(budgets: readonly BudgetConfig[], name: string | undefined): Promise<BudgetRow[]> {
    const asked = budgets.filter((budget) => name === undefined || budget.name === name)
    const turn = new Turn()
    let rows: Standing[] = []
    for (const standing of this.counted(asked)) {
      rows.push(standing)
      if (rows.length < 2 * MAX_ROWS) continue
      rows = leastLeft(rows)
      await turn.rest()
    }
    return leastLeft(rows).map(({ budget, subject, used, share }) => {
      return { budget: budget.name, subject: subject ?? null, used, share }
    })
  }

  /** The current standing of a row, by the store and at least by the row. */
  async standingOf(
    budgets: readonly BudgetConfig[],
    { budget: name, subject, used }: BudgetRow,
  ): Promise<Standing | undefined> {
    const budget = budgets.find((one) => one.name === name)
    if (budget === undefined) return undefined
    const entry = await this.#ledger.read({ budget, subject: subject ?? undefined })
    return standingOf({ ...entry, used: larger(entry.used, used) })
  }

  /** The standings of all subjects that this process has counted. */
  *counted(budgets: readonly BudgetConfig[]): Iterable<Standing> {
    /** By the budget of an entry, which may be of an earlier configuration. */
    const inForce = new Map<BudgetConfig, BudgetConfig | undefined>()
    for (const entry of this.#ledger.current()) {
      if (!inForce.has(entry.budget)) {
        const same = budgets.find((budget) => countsAs(budget) === countsAs(entry.budget))
        inForce.set(entry.budget, same)
      }
      const budget = inForce.get(entry.budget)
      if (budget) yield standingOf({ ...entry, budget })
    }
  }

  /** The standing with the smallest share left, for `x-agentos-budget-remaining`; undefined for none. */
  remaining(standings: readonly Standing[]): string | undefined {
    const [least] = standings.toSorted((a, b) => a.share - b.share)
    return least && remainingText(least, this.#now)
  }

  /** Seconds until the window ends, at least 1. */
  secondsLeft({ endMs }: Standing): number {
    return secondsTo(endMs, this.#now)
  }

  get #now(): number {
    return (this.#options.now ?? Date.now)()
  }

  /** Whether this is the first call for the subject in this window. */
  isNews({ budget, subject, startMs }: Standing): boolean {
    const key = JSON.stringify([budget.name, startMs, subject ?? null])
    if (this.#reported.has(key)) return false
    this.#reported.set(key, true)
    return true
  }

  /** Remembers a run that may continue in another request, and forgets one that is over. */
  #note(upstream: string, account: RunAccount): void {
    const { usage, accounts, charged } = account
    if (usage.runId === undefined) return
    const key = keyOf(upstream, usage.runId)
    if (usage.isOver) {
      // A caller may name the id of another run.
      if (this.#unfinished.get(key) !== account) return
      this.#unfinished.delete(key)
      this.#store?.set(this.#nameOf(key), '', ENDED_MS)
      return
    }
    this.#unfinished.set(key, account)
    const names = accounts.map(({ budget, subject }) => [budget.name, subject ?? null] as const)
    const stored: StoredRun = { charged, accounts: names }
    this.#store?.set(this.#nameOf(key), JSON.stringify(stored), UNFINISHED_MS)
  }

  /** A run that another process has charged. */
  async #stored(upstream: string, runId: string): Promise<StoredRun | undefined> {
    return storedRunIn(await this.#store?.get(this.#nameOf(keyOf(upstream, runId))))
  }

  get #store(): SharedStore | undefined {
    return this.#options.store()
  }

  #nameOf(key: string): string {
    return `agentos-gateway:${this.#options.namespace()}:budget-run:${key}`
  }
}

function leastLeft(rows: readonly Standing[]): Standing[] {
  return rows.toSorted((a, b) => a.share - b.share).slice(0, MAX_ROWS)
}

/** Keys of budgets whose subject is the member itself. */
const OF_MEMBERS: ReadonlySet<BudgetConfig['by']['kind']> = new Set(['component', 'upstream'])

function keyOf(upstream: string, runId: string): string {
  return `${upstream} ${runId}`
}

function accountsOf(budgets: readonly BudgetConfig[], run: BudgetedRun): Account[] {
  return budgets
    .filter((budget) => isSelected(budget, run))
    .map((budget) => ({ budget, subject: subjectOf(budget, run) }))
}

function restored(
  budgets: readonly BudgetConfig[],
  stored: StoredRun['accounts'],
): readonly Account[] {
  return stored.flatMap(([name, subject]) => {
    const budget = budgets.find((one) => one.name === name)
    return budget ? [{ budget, subject: subject ?? undefined }] : []
  })
}
