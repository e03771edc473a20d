/** Detects changed files, including files behind a symbolic link that is replaced, as in Kubernetes. */
import type { BigIntStats } from 'node:fs'
import { statSync } from 'node:fs'
import { stat } from 'node:fs/promises'

/** Interval of the checks, in milliseconds. */
const LOOK_MS = 5_000

/**
 * Calls `onChange` after any of the files has changed since this call. Does not keep the process alive.
 *
 * @param lookMs default 5 s
 * @returns stops watching
 */
export function watchFiles(
  files: readonly string[],
  onChange: () => void,
  lookMs = LOOK_MS,
): () => void {
  let known = files.map((file) => stampOf(statSync(file, { bigint: true, throwIfNoEntry: false })))
  let isLooking = false
  let isStopped = false
  const look = async () => {
    const now = await Promise.all(
      files.map((file) => stat(file, { bigint: true }).then(stampOf, () => stampOf(undefined))),
    )
    const hasChanged = now.some((stamp, i) => stamp !== known[i])
    known = now
    if (hasChanged && !isStopped) onChange()
  }
  const timer = setInterval(() => {
    // While a check of a hanging file system runs, no second one starts.
    if (isLooking) return
    isLooking = true
    void look().finally(() => {
      isLooking = false
    })
  }, lookMs).unref()
  return () => {
    isStopped = true
    clearInterval(timer)
  }
}

function stampOf(stats: BigIntStats | undefined): string {
  return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`
}
