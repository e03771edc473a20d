/** Returns memory to the system that the start has left unused. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

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
