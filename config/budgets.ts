/** Converts the section `budgets` to the program's types. */
import { toPattern } from './faces.ts'
import type { FileConfig } from './schema.ts'
import type { BudgetConfig, BudgetKey } from './types.ts'

const CLAIM = 'claim:'

/** @param file the parsed key `budgets` */
export function toBudgets(file: FileConfig['budgets']): BudgetConfig[] {
  return file.map(({ tokens, cost, by, components, ...rest }) => ({
    ...rest,
    by: toKey(by),
    limit: { tokens, cost },
    components: components.map(toPattern),
  }))
}

function toKey(written: string): BudgetKey {
  if (written.startsWith(CLAIM)) return { kind: 'claim', claim: written.slice(CLAIM.length) }
  return { kind: written as Exclude<BudgetKey['kind'], 'claim'> }
}
