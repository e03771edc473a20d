/** Formats JSON log lines as text for a terminal. Loaded only for text output. */
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

const LEVELS: Readonly<Record<number, readonly [name: string, style: Style]>> = {
  10: ['trace', 'gray'],
  20: ['debug', 'blue'],
  30: ['info', 'green'],
  40: ['warn', 'yellow'],
  50: ['error', 'red'],
  60: ['fatal', ['bgRed', 'white']],
}
/** Fields that the line formats separately, or omits on a terminal. */
const OWN_PLACE = new Set(['level', 'time', 'pid', 'area', 'msg', 'err'])
const REQUEST_FIELDS = new Set(['method', 'path', 'status', 'durationMs'])
/** Text that needs no quotes: no control characters and no line breaks. */
const PLAIN = /^[\x21-\x7e]+$/

type LogRecord = Readonly<Record<string, unknown>>

/** Creates the formatter. @param hasColor writes ANSI colours */
export function textFormatter(hasColor: boolean): (line: string) => string {
  const paint = (style: Style, text: string) =>
    hasColor ? styleText(style, text, { validateStream: false }) : text
  return (line) => {
    const record = JSON.parse(line) as LogRecord
    const { level, area = '', msg = '', err } = record
    const [name, style] = levelOf(level)
    const isRequest = msg === 'request' && 'status' in record
    const fields = Object.entries(record)
      .filter(([key]) => !OWN_PLACE.has(key) && !(isRequest && REQUEST_FIELDS.has(key)))
      .map(([key, value]) => `${paint('gray', `${key}=`)}${valueText(value)}`)
    const message = isRequest ? requestText(record, paint) : printable(String(msg))
    const head = [
      paint('gray', clock(record['time'])),
      paint(style, name.padEnd(5)),
      paint('gray', String(area).padEnd(8)),
      message,
    ]
    return `${[...head, ...fields].join(' ')}\n${stackText(err)}`
  }
}

/** @param level number or name, depending on `log.level_format` */
function levelOf(level: unknown): readonly [name: string, style: Style] {
  const named = Object.values(LEVELS).find(([name]) => name === level)
  return LEVELS[Number(level)] ?? named ?? [String(level), 'white']
}

function requestText(record: LogRecord, paint: (style: Style, text: string) => string): string {
  const { method, path, status, durationMs } = record
  const code = Number(status)
  const style: Style = code >= 500 ? 'red' : code >= 400 ? 'yellow' : 'green'
  const target = [method, path].filter((part) => part !== undefined).map(valueText)
  const duration = durationMs === undefined ? [] : [`${Math.round(Number(durationMs))} ms`]
  return [...target, paint(style, String(status)), ...duration].join(' ')
}

/** Local time of day, with milliseconds. */
function clock(time: unknown): string {
  const date = new Date(typeof time === 'string' ? time : Number(time))
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()]
  const day = parts.map((part) => String(part).padStart(2, '0')).join(':')
  return `${day}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

function valueText(value: unknown): string {
  if (typeof value === 'string' && PLAIN.test(value)) return value
  return printable(JSON.stringify(value) ?? '')
}

/** Formats the stack of an exception, below its line. */
function stackText(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('stack' in error)) return ''
  const lines = String(error.stack).split('\n')
  return lines.map((line) => `    ${printable(line)}\n`).join('')
}

/** Removes characters that a terminal reads as commands. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
}
