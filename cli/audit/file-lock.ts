/**
 * Lets only one process write an audit file: two writers would break its chain. The lock is SQLite's lock of an empty file
 * beside it, because Node has no `flock`. The system releases it when the process ends, however it ends.
 */
import { DatabaseSync } from 'node:sqlite'

/** @returns undefined where another process has the lock @throws Error when the lock file cannot be opened */
export function lockFile(path: string): { release(): void } | undefined {
  const lock = new DatabaseSync(`${path}.lock`)
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return { release: () => lock.close() }
  } catch (error) {
    lock.close()
    if (error instanceof Error && error.message.includes('locked')) return undefined
    throw error
  }
}
