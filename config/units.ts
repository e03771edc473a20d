/** Parses durations and sizes. */

const MILLISECONDS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])

const BYTES = new Map([
  ['b', 1],
  ['kb', 1000],
  ['mb', 1000 ** 2],
  ['gb', 1000 ** 3],
  ['kib', 1024],
  ['mib', 1024 ** 2],
  ['gib', 1024 ** 3],
])

/** The longest delay of a Node timer (2^31 - 1 ms, 24.8 days): a longer one would fire at once. */
export const MAX_DURATION_MS = 2_147_483_647

/**
 * Reads a duration: a number is seconds, a string may carry `ms`, `s`, `m` or `h`.
 *
 * @returns whole milliseconds (a positive value never becomes 0), or undefined when it is no duration
 */
export function parseDuration(value: number | string): number | undefined {
  const exact = parseQuantity(value, MILLISECONDS, 1000)
  if (exact === undefined || exact > MAX_DURATION_MS) return undefined
  return exact === 0 ? 0 : Math.max(1, Math.round(exact))
}

/**
 * Reads a size: a number is bytes, a string may carry `B`, `KB`, `MB`, `GB` (powers of 1000) or `KiB`, `MiB`, `GiB`
 * (powers of 1024), in any case.
 *
 * @returns whole bytes, or undefined when it is no size
 */
export function parseSize(value: number | string): number | undefined {
  const exact = parseQuantity(typeof value === 'string' ? value.toLowerCase() : value, BYTES, 1)
  const bytes = exact === undefined ? undefined : Math.round(exact)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

function parseQuantity(
  value: number | string,
  units: ReadonlyMap<string, number>,
  bareUnit: number,
): number | undefined {
  if (typeof value === 'number') return value >= 0 ? value * bareUnit : undefined
  const [, digits, unit] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/.exec(value.trim()) ?? []
  const factor = unit === '' ? bareUnit : units.get(unit ?? '')
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor
}
