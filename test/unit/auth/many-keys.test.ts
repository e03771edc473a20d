/** Tests key sets of thousands of keys: neither a token nor a fetch holds up the event loop. */
import { generateKeyPairSync } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { JwtAlgorithm, JwtKeyConfig } from '../../../config/types.ts'
import { RemoteKeys } from '../../../src/auth/remote-keys.ts'
import type { VerifySignature } from '../../../src/auth/verifier.ts'
import { Verifier } from '../../../src/auth/verifier.ts'
import { authConfig } from './support.ts'

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenOf = (header: object) => `${base64({ alg: 'ES256', ...header })}.${base64({})}.x`

/** A key that no signature fits. @param kid none for a key that verifies any token */
const keyOf = (kid?: string, alg: JwtAlgorithm = 'ES256'): JwtKeyConfig => ({
  alg,
  kid,
  key: 'unused',
})

/** Returns the refusal of a token before a set of keys, and the number of keys that were tried. */
function tried(keys: readonly JwtKeyConfig[], header: object) {
  let count = 0
  const verifySignature: VerifySignature = () => {
    count++
    throw Object.assign(new Error('wrong key'), { code: 'FAST_JWT_INVALID_SIGNATURE' })
  }
  const auth = {
    ...authConfig({ mode: 'jwt', keys: [{ alg: 'HS256', secret: 's'.repeat(32) }] }),
    keys,
  }
  let refusal = ''
  try {
    void new Verifier(auth, verifySignature).verify(tokenOf(header))
  } catch (error) {
    refusal = (error as Error).message
  }
  return { count, refusal }
}

const many = (length: number, alg?: JwtAlgorithm) =>
  Array.from({ length }, (_, n) => keyOf(`k${n}`, alg))
const TOO_MANY = 'Invalid token: Key ID header parameter is required with so many keys'
const WRONG = 'Invalid token: Signature verification failed'

describe('a set of many keys', () => {
  test('a token without kid is tried with up to 32 keys', () => {
    expect(tried(many(32), {})).toEqual({ count: 32, refusal: WRONG })
  })

  test('a token without kid is refused untried above 32 keys', () => {
    expect(tried(many(33), {})).toEqual({ count: 0, refusal: TOO_MANY })
    expect(tried(many(4_200), {})).toEqual({ count: 0, refusal: TOO_MANY })
  })

  test('keys of other algorithms do not count', () => {
    expect(tried([...many(4_200, 'RS256'), keyOf('own')], {})).toEqual({ count: 1, refusal: WRONG })
  })

  test('a token with a kid is tried with the keys of that name', () => {
    expect(tried(many(4_200), { kid: 'k4000' })).toEqual({ count: 1, refusal: WRONG })
  })

  test('a named key is tried where too many keys have no name', () => {
    const unnamed = Array.from({ length: 4_200 }, () => keyOf())
    const keys = [...unnamed, keyOf('own')]
    expect(tried(keys, { kid: 'own' })).toEqual({ count: 1, refusal: WRONG })
    expect(tried(keys, { kid: 'other' })).toEqual({ count: 0, refusal: TOO_MANY })
  })

  test('a kid that thousands of keys share is refused untried', () => {
    const keys = Array.from({ length: 4_200 }, () => keyOf('same'))
    expect(tried(keys, { kid: 'same' })).toEqual({ count: 0, refusal: TOO_MANY })
  })
})

test('a fetched set of thousands of keys is read in several turns', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const body = JSON.stringify({ keys: Array.from({ length: 5_000 }, () => jwk) })
  const reading = Promise.withResolvers<void>()
  const keys = new RemoteKeys('https://issuer/jwks', {
    // The turns count from the last byte of the body.
    fetch: async () => {
      const chunks = [Buffer.from(body)]
      const stream = new ReadableStream({
        pull(controller) {
          const chunk = chunks.shift()
          if (chunk) controller.enqueue(chunk)
          else {
            controller.close()
            reading.resolve()
          }
        },
      })
      return new Response(stream)
    },
  })
  let isRead = false
  const read = keys.refresh().then(() => {
    isRead = true
  })
  await reading.promise
  let turns = 0
  while (!isRead) {
    await setImmediate()
    turns++
  }
  await read
  expect(keys.known).toHaveLength(5_000)
  expect(turns).toBeGreaterThan(3)
})
