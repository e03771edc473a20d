/** A store that stops at one of its writes, as if its process had been killed there. */
import type { Journal } from '../../src/compose/journal.ts'
import type { ComposeStore } from '../../src/compose/store.ts'

/** Methods that change the database. */
const WRITES: ReadonlySet<PropertyKey> = new Set([
  'createRun',
  'saveSession',
  'saveRun',
  'claimPaused',
  'requestCancel',
  'appendEvent',
  'dropEvents',
])

/** The store and its end. */
export interface DyingStore {
  readonly store: ComposeStore
  /** Resolves when the store has stopped. */
  readonly died: Promise<void>
  /** Number of writes so far. */
  readonly writes: () => number
}

/**
 * Returns a store that passes everything on until the write with this number, and from then on answers nothing.
 *
 * @param at number of the write, from 1
 * @param isWritten whether that write is durable
 */
export function dyingStore(real: ComposeStore, at: number, isWritten: boolean): DyingStore {
  const { promise: died, resolve } = Promise.withResolvers<void>()
  let writes = 0
  let isDead = false
  const never = () => new Promise<never>(() => undefined)
  const write = async (work: () => Promise<unknown>): Promise<unknown> => {
    if (isDead) return never()
    writes++
    if (writes !== at) return work()
    isDead = true
    if (isWritten) await work()
    resolve()
    return never()
  }
  const journalOf = async (runId: string): Promise<Journal> => {
    if (isDead) return never()
    const journal = await real.journal(runId)
    const put = (...entry: Parameters<Journal['put']>) => write(() => journal.put(...entry))
    return { get: (key) => journal.get(key), put: put as Journal['put'] }
  }
  const store = new Proxy(real, {
    get: (_, name) => {
      if (name === 'journal') return journalOf
      const value: unknown = Reflect.get(real, name, real)
      if (typeof value !== 'function') return value
      const call = (...args: unknown[]) => value.apply(real, args) as Promise<unknown>
      if (WRITES.has(name)) return (...args: unknown[]) => write(() => call(...args))
      return (...args: unknown[]) => (isDead && name !== 'close' ? never() : call(...args))
    },
  })
  return { store, died, writes: () => writes }
}
