/** Random key sets of an issuer, and other documents that may be found at its address. */
import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect } from 'vitest'
import { keysOfSet } from '../../config/jwk.ts'
import { holds } from './property.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const anything = fc.oneof(fc.jsonValue(), fc.string())
const member = fc.oneof(
  anything,
  fc.constantFrom('RSA', 'EC', 'OKP', 'oct', 'sig', 'enc', 'P-256', 'Ed25519', 'AQAB'),
)
const good = { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'good' }
const jwk = fc.oneof(
  fc.dictionary(
    fc.constantFrom('kty', 'use', 'key_ops', 'alg', 'kid', 'n', 'e', 'x', 'y', 'crv', 'k', 'd'),
    member,
  ),
  fc
    .dictionary(fc.constantFrom('use', 'key_ops', 'alg', 'kid'), member)
    .map((more) => ({ ...good, ...more })),
  anything,
)

holds(
  'any key set yields only public keys and never a shared secret',
  6_000,
  fc.oneof(anything, fc.record({ keys: fc.oneof(anything, fc.array(jwk, { maxLength: 5 })) })),
  (document) => {
    for (const { alg, key } of keysOfSet(document, false)?.keys ?? []) {
      expect(alg).not.toMatch(/^HS/)
      expect(key).toMatch(/^-----BEGIN PUBLIC KEY-----/)
    }
  },
)

holds(
  'a key set keeps its valid key beside any other keys',
  2_000,
  fc.tuple(fc.array(jwk, { maxLength: 4 }), fc.nat(4)),
  ([others, at]) => {
    const set = keysOfSet({ keys: others.toSpliced(at, 0, good) }, false)
    expect(set?.keys.some(({ kid, alg }) => kid === 'good' && alg === 'RS256')).toBe(true)
  },
)
