/** What starting leaves behind in memory, given back. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How long after it the process counts as started, in milliseconds. */
const STARTED_MS = 500

/**
 * Loading code leaves young generations large and full. V8 would keep them until there is load; once collected as a whole
 * they are given back to the system: about 20 MB. Takes some 40 ms, so it is left out while a request is in flight.
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
