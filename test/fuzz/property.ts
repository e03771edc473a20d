/** One property of the fuzz run: held against many random cases, counted, and told with the seed that shows it again. */
import fc from 'fast-check'
import { test } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** How many random cases the test has gone through. */
    cases?: number
  }
}

/** `FUZZ_SCALE=10` tries ten times as many cases; `FUZZ_SEED` tries the cases of an earlier run again. */
const { FUZZ_SCALE = '1', FUZZ_SEED } = process.env
const TIMEOUT_MS = 240_000

/**
 * A test of the property that holds for every value.
 *
 * @param cases how many are tried at scale 1
 * @param predicate throws, or gives false, for a value for which it does not hold
 */
export function holds<T>(
  sentence: string,
  cases: number,
  values: fc.Arbitrary<T>,
  // biome-ignore lint/suspicious/noConfusingVoidType: a predicate may just return, as fast-check's.
  predicate: (value: T) => boolean | void | Promise<boolean | void>,
): void {
  const numRuns = Math.ceil(cases * Number(FUZZ_SCALE))
  test(sentence, { timeout: TIMEOUT_MS * Math.max(1, Number(FUZZ_SCALE)) }, async ({ task }) => {
    await fc.assert(
      fc.asyncProperty(values, async (value) => predicate(value)),
      { numRuns, ...(FUZZ_SEED !== undefined && { seed: Number(FUZZ_SEED) }) },
    )
    task.meta.cases = numRuns
  })
}

/** Bytes cut in pieces anywhere, the pieces together being the bytes. */
export function inPieces(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer[]> {
  return fc.tuple(bytes, fc.array(fc.nat(), { maxLength: 12 })).map(([whole, cuts]) => {
    const at = cuts.map((cut) => cut % (whole.length + 1)).toSorted((a, b) => a - b)
    return [0, ...at].map((start, index) => whole.subarray(start, at[index] ?? whole.length))
  })
}

/** Text of pieces in any order, as bytes. */
export function madeOf(pieces: readonly string[], maxLength: number): fc.Arbitrary<Buffer> {
  return fc
    .array(fc.constantFrom(...pieces), { maxLength })
    .map((chosen) => Buffer.from(chosen.join(''), 'latin1'))
}
