/** Derives run ids from `Idempotency-Key`, so that a repeated request finds its run in AgentOS. */
import { hash } from 'node:crypto'
import { uuidOf } from './uuid.ts'

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
