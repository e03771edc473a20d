import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { resolveJwtKey } from '../../../config/jwt-keys.ts'
import type { FileJwtKey } from '../../../config/schema-auth.ts'
import type { JwtAlgorithm } from '../../../config/types.ts'
import { configOf, issuesOf, UPSTREAM } from './support.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const smallRsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' })
const ed25519 = generateKeyPairSync('ed25519')

function pem(key: KeyObject, type: 'spki' | 'pkcs1' = 'spki'): string {
  return key.export({ type, format: 'pem' }).toString()
}

function resolve(entry: Partial<FileJwtKey>, files: Record<string, string> = {}) {
  return resolveJwtKey({ alg: 'HS256', ...entry } as FileJwtKey, (file) => {
    const text = files[file]
    if (text === undefined) throw new Error('cannot be read: no such file')
    return text
  })
}

describe('secrets', () => {
  test('a shared secret is used verbatim and keeps its key id', () => {
    expect(resolve({ secret: ' s ', kid: 'k' })).toEqual({
      key: { alg: 'HS256', kid: 'k', key: ' s ' },
    })
  })

  test('a secret read from a file loses one trailing line break', () => {
    expect(resolve({ secret_file: 'f' }, { f: 's\r\n' })).toMatchObject({ key: { key: 's' } })
    expect(resolve({ secret_file: 'f' }, { f: 's\n\n' })).toMatchObject({ key: { key: 's\n' } })
  })

  test.each([
    [{}, { problem: 'HS256 needs secret or secret_file' }],
    [{ secret: 'a', secret_file: 'b' }, { problem: 'write secret or secret_file, not both' }],
    [{ public_key: 'a' }, { at: 'public_key', problem: 'HS256 takes secret or secret_file' }],
    [{ secret_file: 'none' }, { at: 'secret_file', problem: 'cannot be read: no such file' }],
    [{ secret_file: 'empty' }, { at: 'secret_file', problem: 'the secret is empty' }],
    [
      { secret: pem(rsa.publicKey) },
      {
        at: 'secret',
        problem:
          'HS algorithms need a shared secret, but this is a PEM key: write its RS, PS, ES or EdDSA algorithm',
      },
    ],
  ])("a shared secret's configuration is checked: case %#, %j", (entry, expected) => {
    expect(resolve(entry, { empty: '\n' })).toEqual(expected)
  })
})

describe('public keys', () => {
  test.each([
    ['RS256', rsa],
    ['RS512', rsa],
    ['PS384', rsa],
    ['ES256', p256],
    ['ES384', p384],
    ['ES512', p521],
    ['EdDSA', ed25519],
  ] as const)('a matching public key is accepted for %s', (alg, { publicKey }) => {
    const key = pem(publicKey)
    expect(resolve({ alg, public_key: key })).toEqual({ key: { alg, kid: undefined, key } })
  })

  test('PKCS #1 keys and keys with escaped line breaks become SPKI', () => {
    const key = pem(rsa.publicKey)
    const oneLine = key.trim().replaceAll('\n', '\\n')
    const files = { 'key.pem': pem(rsa.publicKey, 'pkcs1') }
    expect(resolve({ alg: 'RS256', public_key: oneLine })).toMatchObject({ key: { key } })
    expect(resolve({ alg: 'RS256', public_key_file: 'key.pem' }, files)).toMatchObject({
      key: { key },
    })
  })

  const privatePem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  test.each<[JwtAlgorithm, string, string]>([
    ['RS256', 'nonsense', 'is not a PEM public key (-----BEGIN PUBLIC KEY-----)'],
    ['RS256', privatePem, 'is a private key; the gateway only verifies, so give the public key'],
    ['RS256', pem(p256.publicKey), 'RS256 needs an RSA key, this one is ec prime256v1'],
    [
      'RS256',
      pem(smallRsa.publicKey),
      'RS256 needs an RSA key of at least 2048 bits, this one has 1024',
    ],
    ['ES256', pem(p384.publicKey), 'ES256 needs an EC key on prime256v1, this one is ec secp384r1'],
    ['ES384', pem(rsa.publicKey), 'ES384 needs an EC key on secp384r1, this one is rsa'],
    ['EdDSA', pem(rsa.publicKey), 'EdDSA needs an Ed25519 or Ed448 key, this one is rsa'],
  ])('an unsuitable public key for %s is refused: case %#', (alg, public_key, problem) => {
    expect(resolve({ alg, public_key })).toEqual({ at: 'public_key', problem })
  })

  test('a shared secret is refused for a public-key algorithm', () => {
    expect(resolve({ alg: 'ES256', secret: 's' })).toEqual({
      at: 'secret',
      problem: 'ES256 takes public_key or public_key_file',
    })
  })
})

describe('auth', () => {
  const keys = [{ alg: 'HS256', secret: 's' }]

  test('mode jwt verifies tokens with the configured keys', () => {
    expect(configOf({ auth: { mode: 'jwt', keys, verify_audience: true } }).auth).toMatchObject({
      mode: 'jwt',
      keys: [{ alg: 'HS256', kid: undefined, key: 's' }],
      verifyAudience: true,
    })
  })

  test('mode none may have keys configured in advance', () => {
    expect(configOf({ auth: { mode: 'none', keys } }).auth.mode).toBe('none')
  })

  test.each([
    [
      { mode: 'jwt' },
      'auth: mode jwt needs keys, for example keys: [{ alg: HS256, secret: "${JWT_SECRET_KEY}" }]',
    ],
    [{ keys }, 'auth: write mode: jwt to require tokens, or mode: none to accept every caller'],
    [
      { verify_audience: true },
      'auth: write mode: jwt to require tokens, or mode: none to accept every caller',
    ],
    [
      { security_key: 'k' },
      'auth: write mode: security_key to require tokens, or mode: none to accept every caller',
    ],
    [{ mode: 'security_key' }, 'auth: mode security_key needs security_key: "${OS_SECURITY_KEY}"'],
    [
      { mode: 'jwt', keys, audience: ['a'] },
      'auth: audience has no effect without verify_audience: true',
    ],
    [
      { mode: 'none', authorization: true },
      'auth: authorization needs mode: jwt, because scopes are in tokens',
    ],
    [
      { jwks_url: 'https://issuer' },
      'auth: write mode: jwt to require tokens, or mode: none to accept every caller',
    ],
    [
      { mode: 'jwt', jwks_url: 'https://user:pass@issuer' },
      'auth.jwks_url: expected an http:// or https:// address such as https://issuer.example.com/jwks.json',
    ],
    [{ mode: 'jwt', keys: [{ alg: 'HS256' }] }, 'auth.keys[0]: HS256 needs secret or secret_file'],
    [
      { mode: 'jwt', keys: [{ alg: 'RS256', public_key_file: 'none.pem' }] },
      `auth.keys[0].public_key_file: ${process.cwd()}/none.pem cannot be read: no such file`,
    ],
  ])('the auth section %j is refused', (auth, issue) => {
    expect(issuesOf({ upstreams: [UPSTREAM], auth })).toEqual([issue])
  })
})
