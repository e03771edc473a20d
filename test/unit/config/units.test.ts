import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_DURATION_MS, parseDuration, parseSize } from '../../../config/units.ts'

describe('parseDuration', () => {
  test.each([
    [30, 30_000],
    [0, 0],
    [0.5, 500],
    ['30', 30_000],
    ['300ms', 300],
    ['5s', 5000],
    ['1.5 s', 1500],
    [' 2m ', 120_000],
    ['1h', 3_600_000],
    ['0.0001s', 1],
    [MAX_DURATION_MS / 1000, MAX_DURATION_MS],
  ])('the duration %j is read as %j ms', (written, expected) => {
    expect(parseDuration(written)).toBe(expected)
  })

  test.each(['', 's', '5 minutes', '5S', '-1s', '1m30s', '1e3', '0x10', '25d', '600h', -1, 1e10])(
    'the duration %j is refused as invalid',
    (written) => {
      expect(parseDuration(written)).toBeUndefined()
    },
  )

  test('a duration written as number or text has the same value', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000 }), (seconds) => {
        expect(parseDuration(`${seconds}`)).toBe(parseDuration(seconds))
        expect(parseDuration(`${seconds}s`)).toBe(seconds * 1000)
        expect(parseDuration(`${seconds}ms`)).toBe(seconds)
      }),
    )
  })

  test('any text gives whole milliseconds within the limit, or nothing', () => {
    fc.assert(
      fc.property(fc.string(), (written) => {
        const parsed = parseDuration(written) ?? 0
        expect(Number.isInteger(parsed) && parsed >= 0 && parsed <= MAX_DURATION_MS).toBe(true)
      }),
    )
  })
})

describe('parseSize', () => {
  test.each([
    [65_536, 65_536],
    ['65536', 65_536],
    ['10b', 10],
    ['64KiB', 65_536],
    ['64kib', 65_536],
    ['10MB', 10_000_000],
    ['10 MiB', 10_485_760],
    ['1.5GiB', 1_610_612_736],
    ['2GB', 2_000_000_000],
    ['1KB', 1000],
  ])('the size %j is read as %j bytes', (written, expected) => {
    expect(parseSize(written)).toBe(expected)
  })

  test.each(['', 'KiB', '10M', '10 megabytes', '-1', '9999999999GiB', -5])(
    'the size %j is refused as invalid',
    (written) => {
      expect(parseSize(written)).toBeUndefined()
    },
  )
})
