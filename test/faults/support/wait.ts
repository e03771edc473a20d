/** Waiting for what can only be looked at: other processes, and what the system says of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

/** Resolves once it holds. @param limitMs fails after that @returns how long it took, in milliseconds */
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

/** Resident memory in bytes. */
export function memoryOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
}

/** Open file descriptors. */
export function descriptorsOf(pid: number | undefined): number {
  return readdirSync(`/proc/${pid}/fd`).length
}
