/** Signs tokens with any header, claims and key, valid or not. */
import type { JsonWebKey, KeyObject, SignKeyObjectInput } from 'node:crypto'
import { constants, createHmac, generateKeyPairSync, sign } from 'node:crypto'

/** Shared secret for tests that do not examine the key. */
export const SECRET = 'test-secret-of-at-least-256-bits-0123456789'

const base64url = (value: string | Buffer) => Buffer.from(value).toString('base64url')

/** Signs with the algorithm in the header's `alg`. @param key secret for `HS*`, private key for the others */
export function tokenOf(
  header: Record<string, unknown>,
  claims: unknown,
  key: string | KeyObject,
): string {
  const input = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`
  return `${input}.${base64url(signature(String(header['alg']), input, key))}`
}

function signature(alg: string, input: string, key: string | KeyObject): Buffer {
  const digest = `sha${alg.slice(2)}`
  if (typeof key === 'string') return createHmac(digest, key).update(input).digest()
  const options: SignKeyObjectInput = { key, dsaEncoding: 'ieee-p1363' }
  if (alg.startsWith('PS')) {
    options.padding = constants.RSA_PKCS1_PSS_PADDING
    options.saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  }
  return sign(alg === 'EdDSA' ? null : digest, Buffer.from(input), options)
}

/** Returns seconds since 1970, the unit of token times. @param offset seconds from now */
export function seconds(offset = 0): number {
  return Math.floor(Date.now() / 1000) + offset
}

/** Returns an HS256 token that expires in an hour. */
export function tokenFor(claims: Record<string, unknown> = {}, secret = SECRET): string {
  return tokenOf({ alg: 'HS256', typ: 'JWT' }, { sub: 'u1', exp: seconds(3600), ...claims }, secret)
}

/** Returns the headers that carry a token. */
export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` }
}

/** Configuration that verifies {@link tokenFor}. */
export const JWT_AUTH = { mode: 'jwt', keys: [{ alg: 'HS256', secret: SECRET }] } as const

/** A key pair of an issuer, with its public key and signed tokens. */
export interface IssuerKey {
  readonly jwk: JsonWebKey & { kid: string; alg: string }
  readonly publicPem: string
  token(claims?: Record<string, unknown>): string
}

/** Creates an ES256 key pair. */
export function issuerKey(kid: string): IssuerKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256' },
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    token: (claims = {}) =>
      tokenOf({ alg: 'ES256', kid }, { sub: 'u1', exp: seconds(3600), ...claims }, privateKey),
  }
}
