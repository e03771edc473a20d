import { expect, test } from 'vitest'
import { textFormatter } from '../../../cli/log-text.ts'

const time = new Date(2026, 0, 2, 3, 4, 5, 6).getTime()
const text = (record: object, hasColor = false) =>
  textFormatter(hasColor)(JSON.stringify({ level: 30, time, pid: 1, ...record }))

test('a text line shows time, level, area, message and other fields', () => {
  const line = { area: 'upstream', msg: 'upstream', upstream: 'a', reason: 'status 404', n: 1 }
  expect(text(line)).toBe(
    '03:04:05.006 info  upstream upstream upstream=a reason="status 404" n=1\n',
  )
})

test('a request line begins with method, path, status and duration', () => {
  const line = { area: 'access', msg: 'request', method: 'GET', path: '/agents', status: 200 }
  expect(text({ ...line, durationMs: 12.4, client: '127.0.0.1' })).toBe(
    '03:04:05.006 info  access   GET /agents 200 12 ms client=127.0.0.1\n',
  )
  expect(text({ area: 'access', msg: 'request', status: 431, error: 'AGW_X' })).toContain(
    ' 431 error=',
  )
})

test('levels and times are read in every JSON form', () => {
  const line = { level: 'warn', time: new Date(time).toISOString(), msg: 'x' }
  expect(text(line)).toBe('03:04:05.006 warn           x\n')
  expect(text({ level: 35, msg: 'x' })).toContain(' 35 ')
})

test('an exception is shown with its stack below the line', () => {
  expect(text({ msg: 'm', err: { type: 'Error', stack: 'Error: a\n  at b' } })).toBe(
    '03:04:05.006 info           m\n    Error: a\n      at b\n',
  )
})

test('control characters for terminals are replaced', () => {
  const shown = text({ msg: 'request', status: 200, path: '/\u001b[2J\r\nx', note: '\u202e' })
  for (const character of ['\u001b', '\r', '\u202e']) expect(shown).not.toContain(character)
  expect(shown.split('\n')).toHaveLength(2)
})

test('colours are written on request only', () => {
  expect(text({ msg: 'x', status: 500 }, true)).toContain('\u001b[')
  expect(text({ msg: 'request', status: 404 }, true)).toContain('\u001b[33m404')
  expect(text({ msg: 'request', status: 500 }, true)).toContain('\u001b[31m500')
  expect(text({ msg: 'x' })).not.toContain('\u001b[')
})
