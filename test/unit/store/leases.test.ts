import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { LeaseStore } from '../../../src/store/leases.ts'
import { Leases } from '../../../src/store/leases.ts'

/** Returns a store that answers as the test says and records its calls. */
function storeSaying(answer: () => boolean | undefined) {
  const told: unknown[][] = []
  const store: LeaseStore = {
    acquire: async (claims, id, leaseMs) => {
      told.push(['take', claims, id, leaseMs])
      return answer()
    },
    renew: (...args) => void told.push(['hold', ...args]),
    release: (...args) => void told.push(['release', ...args]),
  }
  return { store, told, said: (what: string) => told.filter(([name]) => name === what) }
}

function leasesAt(store: LeaseStore) {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  return new Leases(store, { namespace: 'gw', leaseMs: 900 })
}

describe('Leases', () => {
  test('leases are renewed while they are held and not after release', async () => {
    const { store, said } = storeSaying(() => true)
    const leases = leasesAt(store)
    const [one, two] = [await leases.acquire([['a', 2]]), await leases.acquire([['a', 2]])]
    const ids = said('take').map(([, , id]) => id)
    vi.advanceTimersByTime(300)
    expect(said('hold')).toEqual([['hold', expect.any(String), ids, 900]])
    one.release()
    vi.advanceTimersByTime(300)
    expect(said('hold')[1]).toEqual(['hold', expect.any(String), [ids[1]], 900])
    two.release()
    vi.advanceTimersByTime(3_000)
    expect(said('hold')).toHaveLength(2)
    expect(said('release').map(([, , id]) => id)).toEqual(ids)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('refused leases are not renewed', async () => {
    const { store, said } = storeSaying(() => false)
    const leases = leasesAt(store)
    expect(await leases.acquire([['a', 1]])).toMatchObject({ isGranted: false })
    vi.advanceTimersByTime(3_000)
    expect(said('hold')).toEqual([])
  })

  test("leases granted without the store's answer are renewed with it", async () => {
    const { store, said } = storeSaying(() => undefined)
    const leases = leasesAt(store)
    expect(await leases.acquire([['a', 1]])).toMatchObject({ isGranted: undefined })
    vi.advanceTimersByTime(300)
    expect(said('hold')).toHaveLength(1)
  })

  test("the store's keys reveal neither the holder nor the limit", async () => {
    const { store, told } = storeSaying(() => true)
    await leasesAt(store).acquire([
      ['sub alice@example.com', 3],
      ['component agents/echo', 4],
    ])
    expect(told[0]?.[1]).toEqual([
      [expect.stringMatching(/^agentos-gateway:gw:runs:[\w-]{43}$/), 3],
      [expect.stringMatching(/^agentos-gateway:gw:runs:[\w-]{43}$/), 4],
    ])
  })

  test('closing the leases ends their renewal', async () => {
    const { store, said } = storeSaying(() => true)
    const leases = leasesAt(store)
    await leases.acquire([['a', 1]])
    leases.close()
    vi.advanceTimersByTime(3_000)
    expect(said('hold')).toEqual([])
  })
})
