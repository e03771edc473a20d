/** Gives times in AgentOS's formats, and waits. */
import { setImmediate, setTimeout } from 'node:timers/promises'

/** Unix time in whole seconds, as in `created_at` of runs and events. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

/** Formats Unix seconds for sessions and memories: `2026-01-31T12:00:00Z`. */
export function isoSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** Waits `delayMs`; @throws AbortError as soon as `signal` aborts. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs > 0) await setTimeout(delayMs, undefined, { signal })
  else await setImmediate(undefined, { signal })
}
