/** Defines the finding of a check, and prints findings. */
import { styleText } from 'node:util'

export type Verdict = 'ok' | 'warn' | 'fail'

export interface Finding {
  /** Name of the check, one word such as `buffering`. */
  readonly check: string
  readonly verdict: Verdict
  readonly message: string
  /** Remedy. */
  readonly advice?: string
}

export const ok = (check: string, message: string): Finding => ({ check, verdict: 'ok', message })

export const warn = (check: string, message: string, advice: string): Finding => ({
  check,
  verdict: 'warn',
  message,
  advice,
})

export const fail = (check: string, message: string, advice: string): Finding => ({
  check,
  verdict: 'fail',
  message,
  advice,
})

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const

/** Formats a finding as one line, with a second line for the remedy. */
export function line({ check, verdict, message, advice }: Finding): string {
  const head = `${styleText(COLOURS[verdict], verdict.padEnd(4))}  ${check.padEnd(11)}  ${message}`
  return advice === undefined ? head : `${head}\n${' '.repeat(19)}${advice}`
}

/** Formats the number of failures and warnings. */
export function summary(findings: readonly Finding[]): string {
  const count = (verdict: Verdict) => findings.filter((found) => found.verdict === verdict).length
  const [bad, doubtful] = [count('fail'), count('warn')]
  if (bad + doubtful === 0) return styleText('green', 'No problems found.')
  const text = [bad > 0 && `${bad} wrong`, doubtful > 0 && `${doubtful} doubtful`]
  return styleText(bad > 0 ? 'red' : 'yellow', `${text.filter(Boolean).join(', ')}.`)
}
