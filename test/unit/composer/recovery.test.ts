/** The search for runs whose composer has ended, with an injected clock. */
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { INTERVAL_MS, Recovery } from '../../../composer/recovery.ts'
import type { Runs } from '../../../composer/runs.ts'
import type { ComposedComponent } from '../../../src/compose/composed-component.ts'
import { LEASE_MS } from '../../../src/compose/postgres-store.ts'
import type { ComposeStore } from '../../../src/compose/store.ts'
import { storedRun } from '../../support/stored-run.ts'

/** Longest time from the end of a composer until another one continues its runs, in milliseconds. */
const TAKE_UP_MS = 5_000

test('an interrupted run continues at the first search after the end of its lease', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const events: string[] = []
  const diesAtMs = Date.now()
  const ageMs = () => Date.now() - diesAtMs
  const claim = async () => {
    const isFree = ageMs() >= LEASE_MS && !events.includes('claimed')
    events.push(isFree ? 'claimed' : 'searched')
    return isFree ? [storedRun('r')] : []
  }
  const takeUp = async () => void events.push(`continues after ${ageMs()} ms`)
  const recovery = new Recovery({
    store: { claim } as unknown as ComposeStore,
    runs: { ids: [], takeUp } as unknown as Runs,
    logger: pino({ level: 'silent' }),
    find: () => ({ component: {} as ComposedComponent, version: '' }),
  })
  await vi.advanceTimersByTimeAsync(TAKE_UP_MS)
  await recovery.stop()
  const searched = Array<string>(LEASE_MS / INTERVAL_MS).fill('searched')
  expect(events.slice(0, 5)).toEqual([...searched, 'claimed', `continues after ${LEASE_MS} ms`])
  // The last renewal may have been just before the end, and the last search just before the lease's end.
  expect(LEASE_MS + INTERVAL_MS).toBeLessThan(TAKE_UP_MS)
})
