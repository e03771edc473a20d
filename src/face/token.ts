/** Encodes the ids of a run into one token, so that the gateway keeps no state about the run. */
import { isUtf8 } from 'node:buffer'

/** Longest part, in characters. Ids of AgentOS are UUIDs or names that callers choose. */
const MAX_PART_LENGTH = 512
const MAX_TOKEN_LENGTH = 4_096

/** @returns text of letters, digits, `-` and `_` */
export function encodeToken(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/**
 * The parts of a token. Does not check the caller's rights to them.
 *
 * @returns undefined for a token that {@link encodeToken} did not make from this number of parts
 */
export function decodeToken(token: string, count: number): string[] | undefined {
  if (token.length > MAX_TOKEN_LENGTH || !/^[\w-]+$/.test(token)) return undefined
  const bytes = Buffer.from(token, 'base64url')
  if (!isUtf8(bytes)) return undefined
  try {
    const parts: unknown = JSON.parse(bytes.toString('utf8'))
    if (!Array.isArray(parts) || parts.length !== count) return undefined
    return parts.every(isPart) ? parts : undefined
  } catch {
    return undefined
  }
}

function isPart(part: unknown): part is string {
  return typeof part === 'string' && part.length <= MAX_PART_LENGTH
}
