/** The result of one fault: a row of the table in docs/reliability.md. */
import { appendFileSync } from 'node:fs'

export interface Row {
  /** Number of the row. */
  readonly no: number
  readonly fault: string
  readonly requests: number
  /** Largest number of failures that the documentation permits. */
  readonly allowed: number
  readonly seen: number
  /** Time from the fault, or its end, to the last failure; undefined where nothing failed. */
  readonly recoveryMs?: number | undefined
  /** Resident memory of the gateway, in bytes. */
  readonly memory: { readonly before: number; readonly after: number }
  /** Further counts for the table. */
  readonly remark?: string
}

/** Adds the row to the table. It asserts nothing; the test does. */
export function report(row: Row): void {
  const file = process.env['FAULTS_RESULTS']
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`)
}

/** Returns the rows as a Markdown table. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [...rows].sort((a, b) => a.no - b.no).map(lineOf)
  return [
    '| Fault | Requests | Failures allowed | Failures seen | Recovery | Memory before → after |',
    '|---|---|---|---|---|---|',
    ...lines,
  ].join('\n')
}

function lineOf({ fault, requests, allowed, seen, recoveryMs, memory, remark }: Row): string {
  const name = remark === undefined ? fault : `${fault} (${remark})`
  const recovery = recoveryMs === undefined ? '–' : `${(recoveryMs / 1000).toFixed(1)} s`
  const size = (bytes: number) => Math.round(bytes / 1024 / 1024)
  const { before, after } = memory
  const count = (number: number) => number.toLocaleString('en')
  return `| ${name} | ${count(requests)} | ${count(allowed)} | ${count(seen)} | ${recovery} | ${size(before)} → ${size(after)} MB |`
}
