/** Waits for conditions that can only be polled: states of other processes and of the system. */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

/**
 * Resolves once the condition holds. @param limitMs fails after this time @returns the time it took, in
 * milliseconds
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 60_000,
): Promise<number> {
  const startedAt = performance.now()
  while (!(await holds())) {
    if (performance.now() - startedAt > limitMs) throw new Error(`never: ${what}`)
    await setTimeout(20)
  }
  return performance.now() - startedAt
}

/** Lets a fault last for a while. */
export function lasting(ms: number): Promise<void> {
  return setTimeout(ms)
}

/** Returns the resident memory of a process in bytes. */
export function memoryOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
}

/** Returns the number of open file descriptors of a process. */
export function descriptorsOf(pid: number | undefined): number {
  return readdirSync(`/proc/${pid}/fd`).length
}
