import { generateKeyPairSync } from 'node:crypto'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { keysOfSet } from '../../../config/jwk.ts'
import { issuesOf, UPSTREAM } from './support.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
const shortRsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })
const ed = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
const oct = { kty: 'oct', k: Buffer.from('secret').toString('base64url') }

function algorithms(jwk: object, sharedSecrets = true): string[] | undefined {
  return keysOfSet({ keys: [jwk] }, sharedSecrets)?.keys.map(({ alg }) => alg)
}

describe('a JSON Web Key', () => {
  test.each([
    [rsa, ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    [{ ...rsa, alg: 'PS384' }, ['PS384']],
    [ec, ['ES384']],
    [ed, ['EdDSA']],
    [oct, ['HS256', 'HS384', 'HS512']],
    [{ ...oct, alg: 'HS512', use: 'sig' }, ['HS512']],
    [{ ...ec, key_ops: ['verify'] }, ['ES384']],
  ])('a JWK verifies the algorithms its type and alg allow: case %#', (jwk, expected) => {
    expect(algorithms(jwk)).toEqual(expected)
  })

  test.each([
    { ...rsa, alg: 'HS256' },
    { ...ec, alg: 'ES256' },
    { ...rsa, use: 'enc' },
    { ...rsa, key_ops: ['encrypt'] },
    { kty: 'oct', k: '' },
    { kty: 'oct', k: 7 },
    { kty: 'oct', k: '_w' },
    { kty: 'unknown' },
    shortRsa.export({ format: 'jwk' }),
    null,
    'x',
  ])('an unusable JWK is skipped: case %#', (jwk) => {
    expect(keysOfSet({ keys: [jwk, ed] }, true)).toMatchObject({
      keys: [{ alg: 'EdDSA' }],
      skipped: 1,
    })
  })

  test('a symmetric JWK counts only where shared secrets are allowed', () => {
    expect(algorithms(oct, false)).toEqual([])
  })

  test.each([undefined, null, [], {}, { keys: {} }, 'x'])(
    'the document %j is refused as a key set',
    (document) => {
      expect(keysOfSet(document, true)).toBeUndefined()
    },
  )
})

describe('jwks_file', () => {
  test.each([
    [
      'no-such-file.json',
      `auth.jwks_file: ${resolve('no-such-file.json')} cannot be read: no such file`,
    ],
    ['README.md', /^auth\.jwks_file: /],
    ['package.json', 'auth.jwks_file: is not a JSON Web Key Set ({ "keys": [ … ] })'],
    ['.gitignore', 'auth.jwks_file: is not JSON'],
  ])('the key set file %s is refused', (jwks_file, expected) => {
    const [issue] = issuesOf({ upstreams: [UPSTREAM], auth: { mode: 'jwt', jwks_file } })
    if (typeof expected === 'string') expect(issue).toBe(expected)
    else expect(issue).toMatch(expected)
  })
})
