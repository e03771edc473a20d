/** Random tokens: only one signed with a configured key, by that key's algorithm, is accepted. */

import fc from 'fast-check'
import fastify from 'fastify'
import { afterAll, expect } from 'vitest'
import auth from '../../plugins/auth.ts'
import errors from '../../plugins/errors.ts'
import gatewayPlugin from '../../plugins/gateway.ts'
import facts from '../../plugins/request-context.ts'
import { GatewayError } from '../../src/errors.ts'
import { Gateway } from '../../src/gateway.ts'
import { configOf } from '../support/gateway.ts'
import { issuerKey, JWT_AUTH, SECRET, seconds, tokenFor, tokenOf } from '../support/tokens.ts'
import { holds } from './property.ts'

const issuer = issuerKey('k1')
const config = configOf({
  upstreams: [{ name: 'a', url: 'http://127.0.0.1:1', discover: false }],
  auth: { ...JWT_AUTH, keys: [...JWT_AUTH.keys, { alg: 'ES256', public_key: issuer.publicPem }] },
})
const app = fastify()
afterAll(() => app.close())
await app.register(facts)
await app.register(gatewayPlugin, { gateway: new Gateway(config) })
await app.register(errors)
await app.register(auth)
const authenticator = app.authenticatorOf(config)

/** Returns whether a request with these headers is authenticated; fails on any error except a 401. */
async function isBelieved(headers: Record<string, string>): Promise<boolean> {
  try {
    await authenticator.authenticate(headers)
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError)
    expect((error as GatewayError).status).toBe(401)
    return false
  }
}

const good = tokenFor({ scopes: ['agents:read'] })
const base64url = (text: string) => Buffer.from(text).toString('base64url')
const header = fc.dictionary(
  fc.constantFrom('alg', 'kid', 'typ', 'crit', 'jku', 'jwk', 'x5u', 'b64', 'zip'),
  fc.oneof(
    fc.constantFrom(
      'none',
      'None',
      'HS256',
      'HS512',
      'RS256',
      'ES256',
      '',
      '../../etc/passwd',
      "' or 1=1",
    ),
    fc.jsonValue(),
  ),
)
const claims = fc.oneof(
  fc.constant({ sub: 'u', exp: seconds(3600) }),
  fc.dictionary(
    fc.constantFrom('sub', 'exp', 'nbf', 'iat', 'aud', 'iss', 'scopes'),
    fc.jsonValue(),
  ),
)

holds(
  'a token with any changed byte is refused',
  6_000,
  fc.tuple(fc.nat({ max: good.length - 1 }), fc.integer({ min: 33, max: 126 })),
  async ([at, code]) => {
    const changed = good.slice(0, at) + String.fromCharCode(code) + good.slice(at + 1)
    // The last character of a signature has unused bits (RFC 4648 §3.5).
    const isSame =
      Buffer.from(changed.split('.')[2] ?? '', 'base64url').equals(
        Buffer.from(good.split('.')[2] ?? '', 'base64url'),
      ) && changed.slice(0, changed.lastIndexOf('.')) === good.slice(0, good.lastIndexOf('.'))
    if (await isBelieved({ authorization: `Bearer ${changed}` })) expect(isSame).toBe(true)
  },
)

holds(
  'an unsigned token with any header is refused',
  4_000,
  fc.tuple(header, claims, fc.base64String()),
  async ([head, body, signature]) => {
    const token = `${base64url(JSON.stringify(head))}.${base64url(JSON.stringify(body))}.${signature.replace(/[+/=]/g, '')}`
    expect(await isBelieved({ authorization: `Bearer ${token}` })).toBe(false)
  },
)

holds(
  'a token signed with the public key as HMAC secret is refused',
  1_000,
  fc.tuple(header, claims),
  async ([head, body]) => {
    const token = tokenOf({ ...head, alg: 'HS256', kid: 'k1' }, body, issuer.publicPem)
    expect(await isBelieved({ authorization: `Bearer ${token}` })).toBe(false)
  },
)

holds(
  'a signed token with any claims is accepted or answered 401',
  3_000,
  fc.tuple(header, claims),
  async ([head, body]) => {
    const token = tokenOf({ ...head, alg: 'HS256' }, body, SECRET)
    await isBelieved({ authorization: `Bearer ${token}` })
  },
)

holds(
  'any text that is no token is refused',
  4_000,
  fc.tuple(fc.string({ unit: 'binary-ascii' }), fc.string({ unit: 'binary-ascii' })),
  async ([authorization, cookie]) => {
    expect(await isBelieved({ authorization, cookie })).toBe(false)
  },
)
