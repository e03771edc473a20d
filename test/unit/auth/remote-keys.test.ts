import { describe, expect, test } from 'vitest'
import { RemoteKeys } from '../../../src/auth/remote-keys.ts'
import { issuerKey } from '../../support/tokens.ts'

const MINUTE = 60_000
const one = issuerKey('one').jwk
const two = issuerKey('two').jwk

/** Returns the key set of an issuer whose answers the test scripts, with a clock that the test moves. */
function keySet(...answers: (object | Error | number)[]) {
  let asked = 0
  let now = 0
  const failures: string[] = []
  const keys = new RemoteKeys('https://issuer/jwks', {
    now: () => now,
    onFailure: (reason) => failures.push(reason),
    fetch: async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)] as object | Error | number
      if (answer instanceof Error) throw answer
      return typeof answer === 'number'
        ? new Response('{}', { status: answer })
        : new Response(JSON.stringify(answer))
    },
  })
  return {
    keys,
    failures,
    get asked() {
      return asked
    },
    pass: (ms: number) => {
      now += ms
    },
    kids: () => keys.known?.map(({ kid }) => kid),
  }
}

describe('the key set of an issuer', () => {
  test('the first refresh fetches the key set of the issuer', async () => {
    const set = keySet({ keys: [one] })
    expect(await set.keys.refresh()).toBe(true)
    expect(set.kids()).toEqual(['one'])
  })

  test('the key set is fetched at most once every 30 s', async () => {
    const set = keySet({ keys: [one] }, { keys: [one, two] })
    await set.keys.refresh()
    expect(await set.keys.refresh()).toBe(false)
    set.pass(MINUTE / 2)
    expect(await set.keys.refresh()).toBe(true)
    expect(set.asked).toBe(2)
    expect(set.kids()).toEqual(['one', 'two'])
  })

  test('concurrent refreshes share one fetch of the key set', async () => {
    const set = keySet({ keys: [one] })
    await Promise.all([set.keys.refresh(), set.keys.refresh(), set.keys.refresh()])
    expect(set.asked).toBe(1)
  })

  test('a key set older than 10 minutes is renewed in the background', async () => {
    const set = keySet({ keys: [one] }, { keys: [two] })
    await set.keys.refresh()
    set.pass(11 * MINUTE)
    expect(set.kids()).toEqual(['one'])
    await expect.poll(() => set.kids()).toEqual(['two'])
  })

  test.each([[new Error('down')], [500], [{ keys: [] }], [{ keys: 'x' }], [[]]])(
    'the known key set stays in use when the issuer answers %s',
    async (answer) => {
      const set = keySet({ keys: [one] }, answer)
      await set.keys.refresh()
      set.pass(MINUTE)
      await set.keys.refresh()
      expect(set.kids()).toEqual(['one'])
      expect(set.failures).toHaveLength(1)
    },
  )

  test('the issuer is asked every second while no key set is known', async () => {
    const set = keySet(new Error('down'), { keys: [one] })
    await set.keys.refresh()
    expect(await set.keys.refresh()).toBe(false)
    set.pass(1_000)
    await set.keys.refresh()
    expect(set.kids()).toEqual(['one'])
  })

  test("a shared secret in the issuer's key set is ignored", async () => {
    const set = keySet({ keys: [one, { kty: 'oct', k: btoa('secret'), alg: 'HS256' }] })
    await set.keys.refresh()
    expect(set.kids()).toEqual(['one'])
  })

  test('a key set larger than 1 MiB is refused unread', async () => {
    const set = keySet({ keys: [one], padding: 'x'.repeat(1024 * 1024) })
    await set.keys.refresh()
    expect(set.keys.known).toBeUndefined()
    expect(set.failures).toEqual(['is larger than 1048576 bytes'])
  })
})
