import { expect, test } from 'vitest'
import { readIdentity, signIdentity, verifyIdentity } from '../../../src/auth/run-identity.ts'

const KEY = 'a key'
const NOW = 1_800_000_000
const claims = { sub: 'ann', scopes: ['agents:run'], exp: 1, iat: 1 }

test('an identity keeps the claims of its caller but no expiry', () => {
  const token = signIdentity(KEY, { claims }, NOW)
  const kept = { sub: 'ann', scopes: ['agents:run'] }
  expect(verifyIdentity(KEY, token, NOW + 60)).toEqual({ claims: kept })
  expect(verifyIdentity(KEY, signIdentity(KEY, { claims: null }, NOW), NOW)).toEqual({
    claims: null,
  })
})

test('a late, changed or foreign identity is refused', () => {
  const token = signIdentity(KEY, { claims }, NOW)
  const forged = signIdentity('another key', { claims }, NOW)
  const [, signature] = token.split('.')
  const swapped = `${forged.split('.')[0]}.${signature}x`
  expect(verifyIdentity(KEY, token, NOW + 86_400)).toBeUndefined()
  for (const text of [forged, swapped, token.slice(0, -1), 'agrun_', 'x', '']) {
    expect(verifyIdentity(KEY, text, NOW), text).toBeUndefined()
  }
})

test('the composer reads the claims and the key of an identity without its secret', () => {
  const token = signIdentity(KEY, { claims, key: 'ci' }, NOW)
  const kept = { claims: { sub: 'ann', scopes: ['agents:run'] }, key: 'ci' }
  expect(verifyIdentity(KEY, token, NOW)).toEqual(kept)
  expect(readIdentity(token)).toMatchObject(kept)
  for (const text of ['', 'agrun_', 'agrun_x.y', 'a.b.c']) {
    expect(readIdentity(text), text).toBeUndefined()
  }
})
