/** Charges one run to the budgets that it belongs to, as its usage grows. */

import type { RunUsage } from '../usage/run-usage.ts'
import type { Amount } from './amount.ts'
import { amountOf, excess, isNone, larger } from './amount.ts'
import type { Account, Ledger } from './ledger.ts'

export interface RunAccountOptions {
  readonly ledger: Pick<Ledger, 'add'>
  readonly accounts: readonly Account[]
  readonly usage: RunUsage
  /** Amounts that have been charged before. */
  readonly charged: Amount
  /** Called when the run is known and after each charge. */
  onChange?(): void
}

export class RunAccount {
  readonly usage: RunUsage
  readonly #options: RunAccountOptions
  #charged: Amount
  #runId: string | undefined

  constructor(options: RunAccountOptions) {
    this.usage = options.usage
    this.#options = options
    this.#charged = options.charged
  }

  /** The budgets that pay for the run. */
  get accounts(): readonly Account[] {
    return this.#options.accounts
  }

  /** Amounts that the run has been charged so far. */
  get charged(): Amount {
    return this.#charged
  }

  /** Another process has charged the run meanwhile. */
  credit(charged: Amount): void {
    this.#charged = larger(this.#charged, charged)
  }

  /** Charges what the usage has grown by. */
  settle(): void {
    const { ledger, accounts, onChange } = this.#options
    const { runId } = this.usage
    const total = amountOf(this.usage.total)
    const amount = excess(total, this.#charged)
    if (isNone(amount) && runId === this.#runId && !this.usage.isOver) return
    this.#runId = runId
    this.#charged = larger(this.#charged, total)
    if (!isNone(amount)) for (const account of accounts) ledger.add(account, amount)
    onChange?.()
  }
}
