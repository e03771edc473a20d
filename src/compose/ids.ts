/**
 * Generates ids and times of composed runs. Ids are deterministic: a replay after a pause or crash gives the same ids.
 */
import { createHash } from 'node:crypto'

/** Derives a UUID from the parts: equal parts give equal ids (version 8, SHA-256). @see RFC 9562 section 5.8 */
export function derivedId(...parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest()
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-')
}

/** Current time in seconds since 1970, the unit of AgentOS's events. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

/** Formats a time as AgentOS does in JSON. */
export function isoSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** Id of the session that a member has for a composed session. */
export function memberSessionId(sessionId: string, memberId: string): string {
  return `${sessionId}.${memberId}`
}
