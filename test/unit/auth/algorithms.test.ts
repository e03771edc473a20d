import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { seconds, tokenOf } from '../../support/tokens.ts'
import { judge } from './support.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
}
const ed25519 = generateKeyPairSync('ed25519')
const CLAIMS = { sub: 'u1', exp: seconds(3600) }
const NOT_ALLOWED = 'Invalid token: The specified alg value is not allowed'
const WRONG = 'Invalid token: Signature verification failed'

const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()

describe('token algorithms', () => {
  test.each(['HS256', 'HS384', 'HS512'])(
    'a token signed with %s is verified with its shared secret',
    async (alg) => {
      const says = await judge({ keys: [{ alg, secret: 's3cret' }] })
      expect(await says(tokenOf({ alg }, CLAIMS, 's3cret'))).toBe('sub u1')
      expect(await says(tokenOf({ alg }, CLAIMS, 'other'))).toBe(WRONG)
    },
  )

  test.each([
    ['RS256', rsa],
    ['RS384', rsa],
    ['RS512', rsa],
    ['PS256', rsa],
    ['PS384', rsa],
    ['PS512', rsa],
    ['ES256', ec.ES256],
    ['ES384', ec.ES384],
    ['ES512', ec.ES512],
    ['EdDSA', ed25519],
  ])(
    'a token signed with %s is verified with its public key',
    async (alg, { publicKey, privateKey }) => {
      const says = await judge({ keys: [{ alg, public_key: pem(publicKey) }] })
      const token = tokenOf({ alg }, CLAIMS, privateKey)
      expect(await says(token)).toBe('sub u1')
      expect(await says(`${token.slice(0, -8)}AAAAAAAA`)).toBe(WRONG)
    },
  )
})

describe('algorithm confusion', () => {
  const keys = [{ alg: 'RS256', public_key: pem(rsa.publicKey) }]

  test('a token signed with the public key as secret is refused', async () => {
    const says = await judge({ keys })
    expect(await says(tokenOf({ alg: 'HS256' }, CLAIMS, pem(rsa.publicKey)))).toBe(NOT_ALLOWED)
  })

  test('a public key is refused as HMAC secret beside a secret', async () => {
    const says = await judge({ keys: [...keys, { alg: 'HS256', secret: 's3cret' }] })
    expect(await says(tokenOf({ alg: 'HS256' }, CLAIMS, pem(rsa.publicKey)))).toBe(WRONG)
  })

  test("a signature of another algorithm than the header's is refused", async () => {
    const ecKeys = [{ alg: 'ES256', public_key: pem(ec.ES256.publicKey) }]
    const says = await judge({ keys: ecKeys })
    const [, payload] = tokenOf({ alg: 'RS256' }, CLAIMS, rsa.privateKey).split('.')
    const [header] = tokenOf({ alg: 'ES256' }, CLAIMS, ec.ES256.privateKey).split('.')
    for (const length of [0, 1, 63, 65, 256]) {
      const signature = Buffer.alloc(length, 7).toString('base64url')
      expect(await says(`${header}.${payload}.${signature}`)).toBe(WRONG)
    }
  })

  test('a key verifies no other algorithm of its own family', async () => {
    const says = await judge({ keys })
    expect(await says(tokenOf({ alg: 'RS512' }, CLAIMS, rsa.privateKey))).toBe(NOT_ALLOWED)
    expect(await says(tokenOf({ alg: 'PS256' }, CLAIMS, rsa.privateKey))).toBe(NOT_ALLOWED)
  })

  test.each(['none', 'None', 'NONE', '', null, undefined, 256, ['RS256'], { a: 1 }])(
    'the token algorithm %j is refused with and without a signature',
    async (alg) => {
      const says = await judge({ keys })
      const unsigned = [{ alg, typ: 'JWT' }, CLAIMS].map((part) =>
        Buffer.from(JSON.stringify(part)).toString('base64url'),
      )
      expect(await says(`${unsigned.join('.')}.`)).toBe(NOT_ALLOWED)
      expect(await says(`${unsigned.join('.')}.AAAA`)).toBe(NOT_ALLOWED)
    },
  )

  test('a token whose signature was removed is refused', async () => {
    const says = await judge({ keys })
    const token = tokenOf({ alg: 'RS256' }, CLAIMS, rsa.privateKey)
    expect(await says(token.slice(0, token.lastIndexOf('.') + 1))).toBe(WRONG)
  })
})
