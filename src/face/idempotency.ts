/** Derives run ids from `Idempotency-Key`, so that a repeated request finds its run in AgentOS. */
import { hash } from 'node:crypto'

/** Ids for one caller and key, always the same, in the form of UUIDs (RFC 9562 §5.8). */
export interface KeyedIds {
  readonly runId: string
  /** Session id for a request without one. */
  readonly sessionId: string
}

/**
 * Derives the ids of the run and the session from an idempotency key.
 *
 * @param caller identifies the caller: the same key of another caller gives other ids
 */
export function keyedIds(caller: string, component: string, key: string): KeyedIds {
  const digest = (what: string) =>
    uuidOf(hash('sha256', JSON.stringify([what, caller, component, key])))
  return { runId: digest('run'), sessionId: digest('session') }
}

function uuidOf(hex: string): string {
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16)
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ]
  return parts.join('-')
}
