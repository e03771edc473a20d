/** Computes what a line chart shows: the ticks of its axes, and its lines as SVG paths. */

/** Steps of the time axis in seconds, each a whole number of times in the next unit of the clock. */
const TIME_STEPS = [
  ...[5, 10, 15, 30],
  ...[60, 120, 300, 600, 900, 1_800],
  ...[3_600, 7_200, 10_800, 21_600, 43_200, 86_400],
]

/**
 * Returns round values from 0 to the first one that is not below `most`, in at most four steps of 1, 2 or 5 times a
 * power of ten.
 *
 * @param leastStep 1 for whole numbers
 */
export function valueTicks(most: number, leastStep = 0): number[] {
  const wanted = 4
  const top = most > 0 ? most : 1
  const power = 10 ** Math.floor(Math.log10(Math.max(top / wanted, leastStep)))
  const factor = [1, 2, 5, 10].find((each) => each * power * wanted >= top) ?? 10
  const steps = Math.ceil(top / (factor * power) - 1e-9)
  return Array.from({ length: steps + 1 }, (_, index) => (index * factor * 1e9 * power) / 1e9)
}

/** {@link valueTicks} for seconds: from a minute on, the steps are those of a clock. */
export function durationTicks(most: number): number[] {
  const step = most < 60 ? undefined : TIME_STEPS.find((each) => each * 4 >= most)
  if (step === undefined) return valueTicks(most)
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step)
}

/**
 * Returns the round times of the reader's clock within a range, in seconds since 1970.
 *
 * @param wanted largest number of ticks
 */
export function timeTicks(from: number, to: number, wanted: number): number[] {
  const span = to - from
  const step = TIME_STEPS.find((each) => span / each <= wanted) ?? Math.ceil(span / wanted)
  const offset = new Date(from * 1_000).getTimezoneOffset() * 60
  const first = Math.ceil((from - offset) / step) * step + offset
  const ticks: number[] = []
  for (let at = first; at <= to; at += step) ticks.push(at)
  return ticks
}

/** Maps a value to a pixel. */
export type Scale = (value: number) => number

/** Maps `from`…`to` to the pixels `start`…`end`. */
export function linear(from: number, to: number, start: number, end: number): Scale {
  const span = to - from || 1
  return (value) => start + ((value - from) / span) * (end - start)
}

/** Draws one line. Slots without a value are skipped, and the line joins their neighbours. */
export function linePath(
  at: readonly number[],
  values: readonly (number | null)[],
  x: Scale,
  y: Scale,
): string {
  const points = values.flatMap((value, index) =>
    value === null ? [] : [`${x(at[index] ?? 0).toFixed(1)},${y(value).toFixed(1)}`],
  )
  // A round line cap shows a single point only if the line has a length.
  return points.length === 1 ? `M${points[0]}h0.1` : points.length > 0 ? `M${points.join('L')}` : ''
}

/** Index of the slot that is nearest to a time; -1 without slots. Slots are in ascending order. */
export function nearestSlot(at: readonly number[], time: number): number {
  const next = at.findIndex((each) => each >= time)
  if (next === -1) return at.length - 1
  const isEarlier = next > 0 && time - (at[next - 1] ?? 0) < (at[next] ?? 0) - time
  return isEarlier ? next - 1 : next
}
