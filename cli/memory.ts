/** Sets when V8 collects garbage, and returns memory that the start has left unused. */
import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Both halves of the young generation. 8 MiB hold the garbage of more than 100 requests. */
const YOUNG_GENERATION_BYTES = 16 * 1024 * 1024

/** Time after the start at which memory is returned, in milliseconds. */
const STARTED_MS = 500

/**
 * Runs one full garbage collection after the start. It returns about 20 MB, which V8 would otherwise keep until there is
 * load. It takes about 40 ms, so it does not run while a request is in flight.
 */
export function trimMemoryOnceIdle(isIdle: () => boolean): void {
  const trim = () => {
    if (!isIdle()) return
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as (options: object) => void
    setFlagsFromString('--no-expose-gc')
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  }
  setTimeout(trim, STARTED_MS).unref()
}

/**
 * Lets the young generation grow to {@link YOUNG_GENERATION_BYTES} and no further. V8's own limit depends on the memory of the
 * machine, up to 128 MB, and 1,000 streams that open at once reach it. `--max-semi-space-size` would have to be on the command
 * line. V8 reads the factor of growth at each growth, so each collection decides about the next one; until the first, there
 * is no growth.
 *
 * @returns stops limiting
 */
export function limitYoungGeneration(): () => void {
  let isGrowing = true
  const letGrow = (mayGrow: boolean) => {
    if (mayGrow === isGrowing) return
    isGrowing = mayGrow
    setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`)
  }
  letGrow(false)
  const observer = new PerformanceObserver(() =>
    letGrow(youngGenerationBytes() < YOUNG_GENERATION_BYTES),
  )
  observer.observe({ type: 'gc' })
  return () => {
    observer.disconnect()
    letGrow(true)
  }
}

/** Growth of the old generation between two full collections, as a percentage of the objects that are alive. */
const OLD_GENERATION_GROWTH_PERCENT = 50

/**
 * Lets the old generation grow by half between two full collections. V8's own factor is 1.1 to 4: after a quiet time the next
 * collection comes after 3 MB, soon after new connections open. On one core it delays the events of all streams by 10 to 20 ms.
 */
export function letOldGenerationGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${OLD_GENERATION_GROWTH_PERCENT}`)
}

/** Memory of both halves. */
export function youngGenerationBytes(): number {
  const spaces = getHeapSpaceStatistics()
  return spaces.find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0
}
