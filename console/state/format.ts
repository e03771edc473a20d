/** Formats numbers, sizes and durations for people. */

const WHOLE = new Intl.NumberFormat('en')
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  return value >= 100_000 ? SHORT.format(value) : WHOLE.format(Math.round(value))
}

/** Formats a number of any size with all its digits. @param digits most digits after the point */
export function whole(value: number, digits = 0): string {
  return value.toLocaleString('en', { maximumFractionDigits: digits })
}

/** Formats a rate: one decimal below 10. */
export function rate(value: number): string {
  if (value > 0 && value < 0.05) return '< 0.1'
  return value >= 10 || Number.isInteger(value) ? count(value) : value.toFixed(1)
}

/** @param value seconds */
export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  if (value < 0.0005) return '0 ms'
  if (value < 1) return `${Math.round(value * 1000)} ms`
  if (value < 60) return `${value < 10 && value % 1 !== 0 ? value.toFixed(1) : Math.round(value)} s`
  if (value < 3600) return inUnits(value, [60, 'min'], [1, 's'])
  if (value < 86_400) return inUnits(value, [3600, 'h'], [60, 'min'])
  return inUnits(value, [86_400, 'd'], [3600, 'h'])
}

type Unit = readonly [seconds: number, name: string]

/** Leaves out the smaller unit when it is 0. */
function inUnits(value: number, [large, name]: Unit, [small, smallName]: Unit): string {
  const perLarge = large / small
  const smalls = Math.round(value / small)
  const rest = smalls % perLarge
  const whole = `${Math.floor(smalls / perLarge)} ${name}`
  return rest === 0 ? whole : `${whole} ${rest} ${smallName}`
}

/** A duration as AgentOS writes it, such as `45.0208ms` or `1.25s`, in the form of {@link seconds}. */
export function duration(text: string | undefined): string {
  const [, value, unit] = /^([\d.]+) ?(ms|s)$/.exec(text ?? '') ?? []
  return value === undefined
    ? (text ?? '–')
    : seconds(unit === 'ms' ? Number(value) / 1000 : Number(value))
}

export function bytes(value: number): string {
  if (value < 1024) return `${value} B`
  if (value < 1024 ** 2) return `${(value / 1024).toFixed(1)} KB`
  if (value < 1024 ** 3) return `${(value / 1024 ** 2).toFixed(1)} MB`
  return `${(value / 1024 ** 3).toFixed(1)} GB`
}

/** Formats a share: one decimal below 10 %. Only a whole share is 100 %, and only none is 0 %. */
export function percent(share: number): string {
  const value = share * 100
  if (value > 0 && value < 0.05) return '< 0.1 %'
  if (value > 99 && value < 100) return `${Math.floor(value * 10) / 10} %`
  return `${value >= 10 ? Math.round(value) : Number(value.toFixed(1))} %`
}

/** Parses a time in seconds since 1970, milliseconds, or ISO 8601; undefined for any other value. */
export function momentOf(value: unknown): Date | undefined {
  const asText = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value
  if (typeof asText === 'number' && asText > 0) {
    return new Date(asText > 1e11 ? asText : asText * 1000)
  }
  if (typeof asText !== 'string') return undefined
  const date = new Date(asText)
  return Number.isNaN(date.getTime()) ? undefined : date
}

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
const DAY_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** Formats a time in the reader's time zone: without the date for today. */
export function clock(date: Date): string {
  const isToday = date.toDateString() === new Date().toDateString()
  return (isToday ? TIME : DAY_TIME).format(date)
}

/** Beginning of a value as JSON. Reads no more of a large value than it shows. */
export function preview(value: unknown, length: number): string {
  const text = briefJson(value, length)
  return text.length > length ? `${text.slice(0, length)}…` : text
}

function briefJson(value: unknown, length: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, length + 1))
  if (typeof value !== 'object' || value === null) return String(value)
  const isList = Array.isArray(value)
  let text = isList ? '[' : '{'
  for (const [key, member] of Object.entries(value)) {
    if (text.length > length) return text
    if (text.length > 1) text += ', '
    text += `${isList ? '' : `${key}: `}${briefJson(member, length - text.length)}`
  }
  return `${text}${isList ? ']' : '}'}`
}

/** The name without blanks at its ends, or another text for a name that is empty or blank. */
export function nameOr(name: string | null | undefined, otherwise: string): string {
  return name?.trim() || otherwise
}
