/** Defines the form of an API key: a prefix, 256 random bits and a checksum. Does not decide whether a key is valid. */
import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Secret scanners find keys by this prefix. No JWT and no token of AgentOS begins with it. */
const API_KEY_PREFIX = 'agw_'
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const RANDOM_BYTES = 32
/** Base62 digits of {@link RANDOM_BYTES} bytes. */
const RANDOM_LENGTH = 43
/** Base62 digits of a CRC-32. */
const CHECKSUM_LENGTH = 6
const FORM = new RegExp(`^${API_KEY_PREFIX}[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`)

/** Returns a new key. @param bytes of cryptographic randomness, 32 of them */
export function createApiKey(bytes: Buffer = randomBytes(RANDOM_BYTES)): string {
  const start = API_KEY_PREFIX + base62(BigInt(`0x${bytes.toString('hex')}`), RANDOM_LENGTH)
  return start + checksumOf(start)
}

/** Returns whether a token claims to be an API key: it is then never read as a JWT. */
export function hasApiKeyPrefix(token: string): boolean {
  return token.startsWith(API_KEY_PREFIX)
}

/** Returns whether a text has the form of a key, with a correct checksum. */
export function isApiKey(text: string): boolean {
  if (!FORM.test(text)) return false
  return checksumOf(text.slice(0, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH)
}

/** Returns the digest by which the configuration names a key: SHA-256 in lower-case hexadecimal digits. */
export function apiKeyDigest(key: string): string {
  return hash('sha256', key, 'hex')
}

/** The checksum finds typing errors and false findings of scanners. It protects nothing. */
function checksumOf(start: string): string {
  return base62(BigInt(crc32(start)), CHECKSUM_LENGTH)
}

function base62(value: bigint, length: number): string {
  let digits = ''
  for (let rest = value; digits.length < length; rest /= 62n) {
    digits = DIGITS.charAt(Number(rest % 62n)) + digits
  }
  return digits
}
