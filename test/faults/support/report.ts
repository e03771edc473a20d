/** What one fault came to: a row of the table in docs/reliability.md. */
import { appendFileSync } from 'node:fs'

export interface Row {
  /** Its place in the table. */
  readonly no: number
  readonly fault: string
  readonly requests: number
  /** Most failures that the promise leaves room for. */
  readonly allowed: number
  readonly seen: number
  /** From the fault, or its end, to the first moment at which all is well; undefined where nothing was ever not well. */
  readonly recoveryMs?: number | undefined
  /** Resident memory of the gateway, in bytes. */
  readonly memory: { readonly before: number; readonly after: number }
  /** What else was counted. */
  readonly remark?: string
}

/** Puts the row into the table. Fails nothing: that is for the test's assertions. */
export function report(row: Row): void {
  const file = process.env['FAULTS_RESULTS']
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`)
}

/** The rows as a table in Markdown. */
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
