/** Fetches values periodically while a page shows them, and reports the connection's state to the shell. */
import type { Signal } from '@preact/signals'
import { signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { ApiError } from '../api/http.ts'
import { token } from './token.ts'

/** State of the page's updates. */
export type Liveness = 'live' | 'paused' | 'reconnecting'
export const liveness = signal<Liveness>('live')

/** True while the user has paused all updates. */
export const isPaused = signal(false)

export interface Polled<Value> {
  readonly value: Signal<Value | undefined>
  readonly error: Signal<ApiError | undefined>
  /** Fetches now. */
  refresh(): void
}

/** First and longest pause between attempts while the gateway is unreachable, in milliseconds. */
const RECONNECT_MS = 1_000
const LONGEST_RECONNECT_MS = 10_000

/**
 * Fetches a value now, and again while the page is visible. Keeps the last value when a fetch fails.
 *
 * @param every pause between fetches in milliseconds, or computes it from the last value
 * @param deps fetches again when one of them changes
 */
export function usePolled<Value>(
  fetchValue: (signal: AbortSignal) => Promise<Value>,
  every: number | ((value: Value | undefined) => number),
  deps: readonly unknown[] = [],
): Polled<Value> {
  const polled = useMemo(() => {
    const value = signal<Value | undefined>(undefined)
    const error = signal<ApiError | undefined>(undefined)
    return { value, error, refresh: () => {} }
  }, [])
  useEffect(() => {
    const control = new AbortController()
    let timer = 0
    let hasFetched = false
    /** Attempts since the gateway was reached. */
    let failures = 0
    const schedule = () => {
      const everyMs = typeof every === 'number' ? every : every(polled.value.value)
      const reconnectMs = Math.min(RECONNECT_MS * 2 ** (failures - 1), LONGEST_RECONNECT_MS)
      timer = window.setTimeout(run, failures > 0 ? reconnectMs : everyMs)
    }
    const run = async () => {
      clearTimeout(timer)
      // While updates are paused, a new query is fetched once.
      if (document.hidden || (isPaused.value && hasFetched)) return schedule()
      try {
        polled.value.value = await fetchValue(control.signal)
        hasFetched = true
        polled.error.value = undefined
        failures = 0
        liveness.value = isPaused.value ? 'paused' : 'live'
      } catch (error) {
        if (control.signal.aborted) return
        polled.error.value = apiErrorOf(error)
        const isUnreachable = polled.error.value.status === 0
        failures = isUnreachable ? failures + 1 : 0
        if (isUnreachable) liveness.value = 'reconnecting'
      }
      schedule()
    }
    polled.refresh = () => void run()
    const stop = token.subscribe(() => void run())
    const onVisible = () => {
      if (!document.hidden) void run()
    }
    document.addEventListener('visibilitychange', onVisible)
    return () => {
      stop()
      control.abort()
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, deps)
  return polled
}

export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError(0, error instanceof Error ? error.message : String(error))
}
