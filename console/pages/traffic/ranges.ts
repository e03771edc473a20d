/** Defines the time ranges of the traffic page, and cuts a history to one. */
import type { HistoryStep, HistoryView } from '../../api/gateway.ts'
import { strings } from '../../strings.ts'

export interface Range {
  readonly name: string
  readonly label: string
  readonly step: HistoryStep
  readonly seconds: number
}

export const RANGES: readonly Range[] = [
  { name: '15m', label: strings.ranges.quarter, step: '5s', seconds: 900 },
  { name: '1h', label: strings.ranges.hour, step: '5s', seconds: 3_600 },
  { name: '6h', label: strings.ranges.sixHours, step: '1m', seconds: 21_600 },
  { name: '24h', label: strings.ranges.day, step: '1m', seconds: 86_400 },
]

export function rangeNamed(name: string | null): Range {
  return RANGES.find((range) => range.name === name) ?? (RANGES[0] as Range)
}

/** Returns the part of every series in the range. */
export function windowed(view: HistoryView, { seconds }: Range): HistoryView {
  const first = Date.now() / 1000 - seconds
  const start = view.at.findIndex((at) => at >= first)
  if (start <= 0) return view
  const cut = Object.entries(view).map(([name, value]) => {
    const isSeries = Array.isArray(value) && name !== 'components'
    return [name, isSeries ? value.slice(start) : value]
  })
  return Object.fromEntries(cut) as HistoryView
}
