/** What several gateways know in common. */

/** A store that may be slow, empty or gone at any time: nobody's request depends on it. */
export interface SharedStore {
  /** The value, or undefined when there is none or the store does not say so at once. Never rejects. */
  get(key: string): Promise<string | undefined>
  /** Keeps the value for a while; returns at once and never fails. @param ttlMs milliseconds */
  set(key: string, value: string, ttlMs: number): void
  /**
   * Counts one more, and opens a window of time where none is open.
   *
   * @param windowMs milliseconds
   * @returns undefined when the store does not say so at once; never rejects
   */
  count(key: string, windowMs: number): Promise<{ count: number; leftMs: number } | undefined>
  /** Ends the connection. */
  close(): void
}

/** What is told to whoever keeps the log. */
export interface StoreEvents {
  /** The store went, or came back. @param reason an error code; never holds the address */
  onStore?(isThere: boolean, reason: string | undefined): void
}
