import { describe, expect, test } from 'vitest'
import { Authenticator } from '../../../src/auth/authenticator.ts'
import type { Claims } from '../../../src/auth/claims.ts'
import { RemoteKeys } from '../../../src/auth/remote-keys.ts'
import { Verifier } from '../../../src/auth/verifier.ts'
import { issuerKey } from '../../support/tokens.ts'
import { authConfig } from './support.ts'

const MINUTE = 60_000
const HALF_MINUTE = 30_000
const one = issuerKey('one').jwk
const two = issuerKey('two').jwk

/** Returns a token that `verifySignature` accepts for the key of this id. */
function tokenWith(kid: string, sub = 'alice'): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return [encode({ alg: 'ES256', kid }), encode({ sub, kid }), 'signature'].join('.')
}

/** Accepts a token only with the key that its payload names; replaces real signature checks. */
function verifySignature(token: string, key: { readonly kid: string | undefined }): Claims {
  const { kid, sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  if (kid === key.kid) return { sub }
  throw Object.assign(new Error('wrong key'), { code: 'FAST_JWT_INVALID_SIGNATURE' })
}

/**
 * Returns an authenticator and its issuer. The test sets the issuer's keys, speed and health, and moves the
 * clock.
 */
function atIssuer(...keys: object[]) {
  let nowMs = 0
  const gates: PromiseWithResolvers<void>[] = []
  const issuer = { keys, isDown: false, isSlow: false, fetches: 0 }
  const remoteKeys = new RemoteKeys('https://issuer/jwks', {
    now: () => nowMs,
    fetch: async () => {
      issuer.fetches++
      if (issuer.isSlow) {
        const gate = Promise.withResolvers<void>()
        gates.push(gate)
        await gate.promise
      }
      if (issuer.isDown) throw new Error('down')
      return new Response(JSON.stringify({ keys: issuer.keys }))
    },
  })
  const auth = authConfig({ mode: 'jwt', jwks_url: 'https://issuer/jwks' })
  const authenticator = new Authenticator(auth, new Verifier(auth, verifySignature, remoteKeys))
  /** Returns the subject, or the text of the refusal; a promise only where the gateway waits for the issuer. */
  const says = (kid: string, connection?: object): string | Promise<string> => {
    const words = (error: unknown) => (error as Error).message
    try {
      const caller = authenticator.authenticate(
        { authorization: `Bearer ${tokenWith(kid)}` },
        connection,
      )
      if (caller instanceof Promise) return caller.then(({ claims }) => `${claims?.sub}`, words)
      return `${caller.claims?.sub}`
    } catch (error) {
      return words(error)
    }
  }
  return {
    issuer,
    says,
    remoteKeys,
    pass: (ms: number) => {
      nowMs += ms
    },
    letGo: () => {
      for (const gate of gates.splice(0)) gate.resolve()
    },
  }
}

const WRONG = 'Invalid token: Signature verification failed'

describe('key rotation at the issuer', () => {
  test('a hundred tokens with a new key id cause one fetch', async () => {
    const { issuer, says, pass } = atIssuer(one)
    expect(await says('one')).toBe('alice')
    issuer.keys = [one, two]
    pass(HALF_MINUTE)
    const found = await Promise.all(Array.from({ length: 100 }, () => says('two')))
    expect(new Set(found)).toEqual(new Set(['alice']))
    expect(issuer.fetches).toBe(2)
    // The new key is known now, so no token waits any longer.
    expect([says('one'), says('two')]).toEqual(['alice', 'alice'])
  })

  test('a withdrawn key is refused, even on connections it opened', async () => {
    const { issuer, says, pass, remoteKeys } = atIssuer(one, two)
    const connection = {}
    expect(await says('one', connection)).toBe('alice')
    expect(says('one', connection)).toBe('alice')
    issuer.keys = [two]
    // Only remembered tokens are checked here; the key set must be renewed all the same.
    pass(11 * MINUTE)
    expect(says('one', connection)).toBe('alice')
    await expect.poll(() => remoteKeys.known?.length).toBe(1)
    expect(await says('one', connection)).toBe(WRONG)
    expect(await says('one')).toBe(WRONG)
    expect(says('two')).toBe('alice')
  })

  test('an unchanged key set keeps the tokens that were verified with it', async () => {
    const { says, pass, remoteKeys, issuer } = atIssuer(one)
    await says('one')
    const { version } = remoteKeys
    pass(11 * MINUTE)
    await says('one')
    await expect.poll(() => issuer.fetches).toBe(2)
    await remoteKeys.refresh()
    expect(remoteKeys.version).toBe(version)
  })
})

describe('an issuer that is down', () => {
  test('tokens of known keys stay valid while the issuer is down', async () => {
    const { issuer, says, pass } = atIssuer(one)
    await says('one')
    issuer.isDown = true
    for (let n = 0; n < 6; n++) {
      pass(11 * MINUTE)
      expect(says('one')).toBe('alice')
      await Promise.resolve()
    }
  })

  test('unknown key ids cause one fetch per 30 s during an outage', async () => {
    const { issuer, says, pass } = atIssuer(one)
    await says('one')
    issuer.isDown = true
    for (let round = 1; round <= 3; round++) {
      pass(HALF_MINUTE)
      const ids = Array.from({ length: 200 }, (_, n) => says(`made-up-${round}-${n}`))
      expect(new Set(await Promise.all(ids))).toEqual(new Set([WRONG]))
      expect(issuer.fetches).toBe(1 + round)
    }
  })
})

test('a slow issuer delays only tokens that name an unknown key', async () => {
  const { issuer, says, pass, letGo } = atIssuer(one)
  await says('one')
  issuer.keys = [one, two]
  issuer.isSlow = true
  pass(HALF_MINUTE)
  const waiting = Promise.all([says('two'), says('two'), says('three')])
  expect(says('one')).toBe('alice')
  expect(issuer.fetches).toBe(2)
  letGo()
  expect(await waiting).toEqual(['alice', 'alice', WRONG])
})
