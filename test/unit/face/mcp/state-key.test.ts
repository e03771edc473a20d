import { expect, test } from 'vitest'
import { stateKeyOf } from '../../../../src/face/mcp/state-key.ts'
import { configOf, UPSTREAM } from '../../config/support.ts'

const SECRET = 'x'.repeat(32)

/** The key of a gateway with these settings, as text. */
function keyOf(document: object): string {
  const config = configOf({ id: 'gw', faces: { mcp: true }, ...document })
  return Buffer.from(stateKeyOf(config)).toString('hex')
}

const upstream = (settings: object) => ({ upstreams: [{ ...UPSTREAM, ...settings }] })
const PUBLIC = { auth: { mode: 'jwt', jwks_url: 'https://issuer.example.com/keys' } }
const mint = { alg: 'HS256', secret: SECRET, audience: 'a' }

test('Equal configurations have equal keys of 32 bytes', () => {
  expect(keyOf({})).toMatch(/^[\da-f]{64}$/)
  expect(keyOf({ log: { level: 'warn' } })).toBe(keyOf({}))
})

test.each([
  ['the id', { id: 'another' }],
  ['the security key', { auth: { mode: 'security_key', security_key: SECRET } }],
  ['a token secret', { auth: { mode: 'jwt', keys: [{ alg: 'HS256', secret: SECRET }] } }],
  ['the password of the store', { store: 'redis://:secret@127.0.0.1' }],
  ['the token of an upstream', upstream({ credentials: { bearer: SECRET } })],
  ['the query token of an upstream', upstream({ config_token: SECRET })],
  ['a header of an upstream', upstream({ headers: { 'x-key': SECRET } })],
  ['state_secret', { faces: { mcp: { state_secret: SECRET } } }],
])('The key depends on %s', (_what, document) => {
  expect(keyOf(document)).not.toBe(keyOf({}))
})

test('The key depends on the mint secret of an upstream', () => {
  const minting = (secret: string) =>
    keyOf({ ...PUBLIC, ...upstream({ credentials: { mint: { ...mint, secret } } }) })
  expect(minting(SECRET)).not.toBe(minting('y'.repeat(32)))
})

test('With state_secret the key depends on no other secret', () => {
  const faces = { mcp: { state_secret: SECRET } }
  expect(keyOf({ faces, store: 'redis://:secret@127.0.0.1' })).toBe(keyOf({ faces }))
})
