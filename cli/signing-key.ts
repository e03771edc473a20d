/** Finds and checks the keys that sign test tokens. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'
import { algorithmsOf } from '../config/jwk.ts'
import { checkSecret } from '../config/jwt-keys.ts'
import type { AuthConfig, JwtAlgorithm, JwtKeyConfig } from '../config/types.ts'

export interface SigningKey {
  readonly alg: JwtAlgorithm
  /** A shared secret for HS algorithms, a PEM private key for the others. */
  readonly key: string
  readonly kid: string | undefined
}

/** Options of a key on the command line. */
export interface KeyOptions {
  readonly alg?: string | undefined
  readonly kid?: string | undefined
  /** Configuration whose verification key gives the algorithm and the key id. */
  readonly auth?: AuthConfig | undefined
}

/** A key, or the reason for its absence. */
export type FoundKey = { readonly key: SigningKey } | { readonly problem: string }

/** @param text a PEM private key, or a shared secret */
export function keyFrom(text: string, wishes: KeyOptions): FoundKey {
  return text.includes('-----BEGIN ') ? privateKey(text, wishes) : sharedSecret(text, wishes)
}

function sharedSecret(text: string, { alg = 'HS256', kid }: KeyOptions): FoundKey {
  if (!isHs(alg)) {
    return { problem: `${alg} needs a private key; this is not a PEM private key` }
  }
  const checked = checkSecret(text)
  if ('problem' in checked) return checked
  return { key: { alg, key: checked.text, kid } }
}

function privateKey(text: string, { alg, kid, auth }: KeyOptions): FoundKey {
  let key: KeyObject
  try {
    key = createPrivateKey(text)
  } catch {
    return {
      problem: 'the key file contains no readable private key (PEM, without a password)',
    }
  }
  const able = algorithmsOf(key)
  const [first] = able
  if (first === undefined) return { problem: 'this key fits no algorithm of JSON Web Tokens' }
  if (alg !== undefined && !able.some((one) => one === alg)) {
    return { problem: `this key does not fit ${alg}; it fits ${able.join(', ')}` }
  }
  const counterpart = auth?.keys.find(
    (known) => isCounterpart(known, key) && (alg === undefined || known.alg === alg),
  )
  const chosen = (alg as JwtAlgorithm | undefined) ?? counterpart?.alg ?? first
  return { key: { alg: chosen, key: text, kid: kid ?? counterpart?.kid } }
}

function isCounterpart({ alg, key: publicPem }: JwtKeyConfig, key: KeyObject): boolean {
  return !isHs(alg) && createPublicKey(publicPem).equals(createPublicKey(key))
}

/** Finds the first key of the configuration that can sign. */
export function keyOfConfig(auth: AuthConfig | undefined, { alg, kid }: KeyOptions): FoundKey {
  const keys = auth?.keys ?? []
  const fitting = keys.filter(
    (key) => (alg === undefined || key.alg === alg) && (kid === undefined || key.kid === kid),
  )
  const secret = fitting.find((key) => isHs(key.alg))
  if (secret) return { key: { ...secret, kid: kid ?? secret.kid } }
  const [first] = fitting
  if (first) {
    const named = first.kid === undefined ? '' : ` (kid ${first.kid})`
    return {
      problem: `the configuration has only public keys, which cannot sign: give the private key of ${first.alg}${named} with --key-file`,
    }
  }
  if (keys.length > 0) return { problem: 'the configuration has no key with this --alg and --kid' }
  if (auth?.jwksUrl !== undefined) {
    return {
      problem:
        'the keys of the configuration come from jwks_url, so only that issuer can sign: request a token there, or sign with --key-file',
    }
  }
  return { problem: 'the configuration has no keys: give one with --secret or --key-file' }
}

/** Signs claims. */
export function sign(claims: Record<string, unknown>, { alg, key, kid }: SigningKey): string {
  return createSigner({ key, algorithm: alg, ...(kid !== undefined && { kid }) })(claims)
}

/** Whether one of the keys has signed the token. */
export function verifies(token: string, keys: readonly JwtKeyConfig[]): boolean {
  return keys.some(({ alg, key }) => {
    try {
      createVerifier({ key, algorithms: [alg] })(token)
      return true
    } catch {
      return false
    }
  })
}

function isHs(alg: string): alg is 'HS256' | 'HS384' | 'HS512' {
  return alg === 'HS256' || alg === 'HS384' || alg === 'HS512'
}
