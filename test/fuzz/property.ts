/**
 * Defines one property of the fuzz run: checked against many random cases, counted, and reported with the
 * failing seed.
 */
import fc from 'fast-check'
import { test } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** Number of random cases that the test has checked. */
    cases?: number
  }
}

/** `FUZZ_SCALE=10` checks ten times as many cases; `FUZZ_SEED` repeats the cases of an earlier run. */
const { FUZZ_SCALE = '1', FUZZ_SEED } = process.env
const TIMEOUT_MS = 240_000

/**
 * Defines a test of a property that must hold for every value.
 *
 * @param cases number of cases at scale 1
 * @param predicate throws, or returns false, for a counterexample
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

/** Cuts bytes into pieces at random positions. */
export function inPieces(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer[]> {
  return fc.tuple(bytes, fc.array(fc.nat(), { maxLength: 12 })).map(([whole, cuts]) => {
    const at = cuts.map((cut) => cut % (whole.length + 1)).toSorted((a, b) => a - b)
    return [0, ...at].map((start, index) => whole.subarray(start, at[index] ?? whole.length))
  })
}

/** Concatenates random pieces of text, as bytes. */
export function madeOf(pieces: readonly string[], maxLength: number): fc.Arbitrary<Buffer> {
  return fc
    .array(fc.constantFrom(...pieces), { maxLength })
    .map((chosen) => Buffer.from(chosen.join(''), 'latin1'))
}
