/** Reads verification keys and checks them against their algorithm, when the configuration is loaded. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import type { FileJwtKey } from './schema-auth.ts'
import type { JwtAlgorithm, JwtKeyConfig } from './types.ts'

/** Reads a text file of the configuration. Throws an Error with a message for users. */
export type ReadText = (file: string) => string

/** A usable key, or the error with the key of the file and the remedy. */
export type JwtKeyResult =
  | { readonly key: JwtKeyConfig }
  | { readonly at?: keyof FileJwtKey; readonly problem: string }

const CURVES = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' } as const

/**
 * Builds the verification key of one entry of `auth.keys`. Public keys in other formats (PKCS #1, certificate) are
 * converted to SPKI PEM.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-3.1 for the keys of each algorithm
 */
export function resolveJwtKey(entry: FileJwtKey, readText: ReadText): JwtKeyResult {
  const shared = entry.alg.startsWith('HS')
  const wanted = shared
    ? (['secret', 'secret_file'] as const)
    : (['public_key', 'public_key_file'] as const)
  const unwanted = shared
    ? (['public_key', 'public_key_file'] as const)
    : (['secret', 'secret_file'] as const)
  const misplaced = unwanted.find((name) => entry[name] !== undefined)
  const choice = `${wanted[0]} or ${wanted[1]}`
  if (misplaced !== undefined) return { at: misplaced, problem: `${entry.alg} takes ${choice}` }
  const given = wanted.filter((name) => entry[name] !== undefined)
  const at = given[0]
  if (at === undefined) return { problem: `${entry.alg} needs ${choice}` }
  if (given.length > 1) return { problem: `write ${choice}, not both` }

  const value = entry[at] ?? ''
  const read = at.endsWith('_file') ? readOrProblem(value, readText) : { text: value }
  if ('problem' in read) return { at, problem: read.problem }
  const checked = shared ? checkSecret(read.text) : checkPublicKey(read.text, entry.alg)
  if ('problem' in checked) return { at, problem: checked.problem }
  return { key: { alg: entry.alg, kid: entry.kid, key: checked.text } }
}

type TextOrProblem = { readonly text: string } | { readonly problem: string }

function readOrProblem(file: string, readText: ReadText): TextOrProblem {
  try {
    return { text: readText(file) }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

/** Returns a shared secret without its final line break, or the error. */
export function checkSecret(raw: string): TextOrProblem {
  const text = raw.replace(/\r?\n$/, '')
  if (text.trim() === '') return { problem: 'the secret is empty' }
  // With a public key as shared secret, anyone could sign tokens.
  return text.includes('-----BEGIN ')
    ? {
        problem:
          'HS algorithms need a shared secret, but this is a PEM key: write its RS, PS, ES or EdDSA algorithm',
      }
    : { text }
}

function checkPublicKey(raw: string, alg: JwtAlgorithm): TextOrProblem {
  const pem = raw.includes('\n') ? raw : raw.replaceAll('\\n', '\n')
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    return { problem: 'is a private key; the gateway only verifies, so give the public key' }
  }
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch {
    return { problem: 'is not a PEM public key (-----BEGIN PUBLIC KEY-----)' }
  }
  const problem = misfit(key, alg)
  return problem === undefined
    ? { text: key.export({ type: 'spki', format: 'pem' }).toString() }
    : { problem }
}

function misfit(key: KeyObject, alg: JwtAlgorithm): string | undefined {
  const type = key.asymmetricKeyType ?? 'unknown'
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  const found = namedCurve === undefined ? type : `${type} ${namedCurve}`
  switch (alg) {
    case 'ES256':
    case 'ES384':
    case 'ES512':
      return namedCurve === CURVES[alg]
        ? undefined
        : `${alg} needs an EC key on ${CURVES[alg]}, this one is ${found}`
    case 'EdDSA':
      return /^ed(25519|448)$/.test(type)
        ? undefined
        : `EdDSA needs an Ed25519 or Ed448 key, this one is ${found}`
    default:
      if (type !== 'rsa') return `${alg} needs an RSA key, this one is ${found}`
      return modulusLength >= 2048
        ? undefined
        : `${alg} needs an RSA key of at least 2048 bits, this one has ${modulusLength}`
  }
}
