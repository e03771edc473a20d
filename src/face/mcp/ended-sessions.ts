/** Remembers the sessions that clients have ended: the server must refuse them afterwards, and keeps no others. */
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { SharedStore } from '../../store/shared-store.ts'

/** Most sessions in memory. The oldest are dropped, and would be accepted again. */
const MAX_SESSIONS = 10_000

/** A client that still uses its ended session after this time is let in again. In milliseconds. */
const TTL_MS = 86_400_000

/** Where an ended session is known: to this process, and to all that share the store. */
export interface SessionScope {
  /** Undefined: this process alone. */
  readonly shared: SharedStore | undefined
  /** Separates unrelated gateways in one store. */
  readonly namespace: string
}

export class EndedSessions {
  readonly #ended = new LRUCache<string, true>({ max: MAX_SESSIONS, ttl: TTL_MS })

  /** @param session names the caller and its session; of any length */
  end({ shared, namespace }: SessionScope, session: string): void {
    const key = keyOf(namespace, session)
    this.#ended.set(key, true)
    shared?.set(key, '1', TTL_MS)
  }

  /** Whether the session has ended. Never rejects: without an answer of the store it has not. */
  async has({ shared, namespace }: SessionScope, session: string): Promise<boolean> {
    const key = keyOf(namespace, session)
    if (this.#ended.has(key)) return true
    if ((await shared?.get(key)) === undefined) return false
    this.#ended.set(key, true)
    return true
  }
}

function keyOf(namespace: string, session: string): string {
  return `agentos-gateway:${namespace}:mcp-session:${hash('sha256', session, 'base64url')}`
}
