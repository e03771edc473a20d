/** Converts JSON Web Keys to verification keys. Reads no files, so that the engine can use it for fetched sets. */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { JwtAlgorithm, JwtKeyConfig } from './types.ts'

const RSA: readonly JwtAlgorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const SHARED: readonly JwtAlgorithm[] = ['HS256', 'HS384', 'HS512']
const CURVES: Readonly<Record<string, JwtAlgorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}
const SHORTEST_RSA_BITS = 2048

/** Result of reading a key set. */
export interface KeySet {
  /** One entry for each algorithm of a key: its `alg`, or all algorithms of its type. */
  readonly keys: readonly JwtKeyConfig[]
  /** Number of unusable keys: of unknown type, too short, or not for signatures. */
  readonly skipped: number
}

/**
 * Returns the usable keys of a JSON Web Key Set. Unusable keys are ignored (RFC 7517 §5).
 *
 * @param sharedSecrets accepts `oct` keys too; only for a set that is itself secret
 * @returns undefined when the document is no key set
 */
export function keysOfSet(document: unknown, sharedSecrets: boolean): KeySet | undefined {
  const found = entriesOfSet(document)?.map((entry) => keysOfEntry(entry, sharedSecrets))
  if (found === undefined) return undefined
  return { keys: found.flat(), skipped: found.filter(({ length }) => length === 0).length }
}

/** Returns the unread keys of a set; undefined when the document is no key set. */
export function entriesOfSet(document: unknown): readonly unknown[] | undefined {
  const entries = isObject(document) ? document['keys'] : undefined
  return Array.isArray(entries) ? entries : undefined
}

/** Returns a key of a set once for each of its algorithms; none for an unusable key. @param sharedSecrets see {@link keysOfSet} */
export function keysOfEntry(jwk: unknown, sharedSecrets: boolean): JwtKeyConfig[] {
  if (!isObject(jwk) || !isForSignatures(jwk)) return []
  const kid = typeof jwk['kid'] === 'string' ? jwk['kid'] : undefined
  const material = jwk['kty'] === 'oct' ? sharedKey(jwk, sharedSecrets) : publicKey(jwk)
  if (material === undefined) return []
  const { alg } = jwk
  const algorithms =
    alg === undefined ? material.algorithms : material.algorithms.filter((each) => each === alg)
  return algorithms.map((each) => ({ alg: each, kid, key: material.key }))
}

interface Material {
  readonly key: string
  readonly algorithms: readonly JwtAlgorithm[]
}

function sharedKey({ k }: Record<string, unknown>, isWelcome: boolean): Material | undefined {
  if (!isWelcome || typeof k !== 'string' || k === '') return undefined
  // The configuration holds secrets as text, so bytes that are not valid UTF-8 are refused.
  const bytes = Buffer.from(k, 'base64url')
  const key = bytes.toString('utf8')
  return Buffer.from(key).equals(bytes) ? { key, algorithms: SHARED } : undefined
}

function publicKey(jwk: Record<string, unknown>): Material | undefined {
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
    const pem = key.export({ type: 'spki', format: 'pem' }).toString()
    return { key: pem, algorithms: algorithmsOf(key) }
  } catch {
    return undefined
  }
}

/** Algorithms that a key can sign or verify with. @see https://www.rfc-editor.org/rfc/rfc7518#section-3.1 */
export function algorithmsOf({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): JwtAlgorithm[] {
  const { namedCurve = '', modulusLength = 0 } = asymmetricKeyDetails ?? {}
  if (asymmetricKeyType === 'rsa') return modulusLength >= SHORTEST_RSA_BITS ? [...RSA] : []
  if (asymmetricKeyType === 'ed25519' || asymmetricKeyType === 'ed448') return ['EdDSA']
  const algorithm = CURVES[namedCurve]
  return algorithm === undefined ? [] : [algorithm]
}

function isForSignatures({ use, key_ops: operations }: Record<string, unknown>): boolean {
  if (use !== undefined && use !== 'sig') return false
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
