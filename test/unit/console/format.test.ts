/** Tests the texts of durations and numbers. */
import { expect, test } from 'vitest'
import { bytes, nameOr, percent, seconds, whole } from '../../../console/state/format.ts'

test.each([
  [0.25, '250 ms'],
  [1.25, '1.3 s'],
  [60, '1 min'],
  [90, '1 min 30 s'],
  [119.7, '2 min'],
  [3600, '1 h'],
  [7_140, '1 h 59 min'],
  [86_400, '1 d'],
  [90_000, '1 d 1 h'],
])('%d seconds are written as %s', (value, text) => {
  expect(seconds(value)).toBe(text)
})

test('a large number keeps all its digits', () => {
  expect([whole(199_950), whole(0.0000015, 6), whole(2.5, 6)]).toEqual([
    '199,950',
    '0.000002',
    '2.5',
  ])
})

test.each([
  [0, '0 %'],
  [0.0002, '< 0.1 %'],
  [0.0044, '0.4 %'],
  [0.05, '5 %'],
  [0.07, '7 %'],
  [0.099, '9.9 %'],
  [0.9999, '99.9 %'],
  [1, '100 %'],
])('a share of %d is written as %s', (share, text) => {
  expect(percent(share)).toBe(text)
})

test.each([
  [1_023, '1023 B'],
  [1_536, '1.5 KB'],
  [5 * 1024 ** 2, '5.0 MB'],
  [3.25 * 1024 ** 3, '3.3 GB'],
])('%d bytes are written as %s', (size, text) => {
  expect(bytes(size)).toBe(text)
})

test('a name that is empty or blank is replaced', () => {
  expect(nameOr(' Ada ', 'unnamed')).toBe('Ada')
  expect([undefined, null, '', '  '].map((name) => nameOr(name, 'unnamed'))).toEqual(
    Array(4).fill('unnamed'),
  )
})
