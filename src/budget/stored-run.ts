/** Reads the state of a run that another process has charged, as the shared store holds it. The store may hold any text. */
import type { Amount } from './amount.ts'

/** State of a run that is not over. */
export interface StoredRun {
  readonly charged: Amount
  readonly accounts: readonly (readonly [budget: string, subject: string | null])[]
}

/** @returns undefined for any text that is not the state of a run */
export function storedRunIn(text: string | undefined): StoredRun | undefined {
  try {
    const { charged, accounts } = JSON.parse(text || 'null') as Partial<StoredRun>
    const isRun = isAmount(charged) && Array.isArray(accounts) && accounts.every(isAccount)
    return isRun ? { charged, accounts } : undefined
  } catch {
    return undefined
  }
}

function isAmount(value: unknown): value is Amount {
  const { tokens, microCost } = value as Amount
  return [tokens, microCost].every((count) => Number.isSafeInteger(count) && count >= 0)
}

function isAccount(value: unknown): value is StoredRun['accounts'][number] {
  const [name, subject] = value as readonly unknown[]
  return typeof name === 'string' && (typeof subject === 'string' || subject === null)
}
