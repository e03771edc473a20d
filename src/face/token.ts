/** Ids of our own that hold what is needed to find a run again, so that nothing about it is kept in the process. */
import { isUtf8 } from 'node:buffer'

/** Longest part, in characters; ids of AgentOS are UUIDs or names that callers chose. */
const MAX_PART_LENGTH = 512
const MAX_TOKEN_LENGTH = 4_096

/** @returns letters, digits, `-` and `_` */
export function encodeToken(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/**
 * The parts of a token of ours. Says nothing about whether the caller may use them.
 *
 * @returns undefined for anything that {@link encodeToken} has not made of this many parts
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
