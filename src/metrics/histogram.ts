/** Counts values in buckets: one search and three additions for each. */

/** Upper bounds in seconds: from a cached card to a run of minutes. */
export const SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
] as const

export class Histogram {
  /** Number of values in each bucket alone; the last bucket is for values above all bounds. */
  readonly counts: number[] = new Array(SECONDS.length + 1).fill(0)
  sum = 0
  count = 0

  /** @param seconds not negative */
  observe(seconds: number): void {
    let bucket = 0
    while (bucket < SECONDS.length && seconds > (SECONDS[bucket] as number)) bucket++
    this.counts[bucket] = (this.counts[bucket] as number) + 1
    this.sum += seconds
    this.count++
  }
}
