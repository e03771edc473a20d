/** Defines the interface of the store that several gateways share. */

/** A store that may be slow, empty or unavailable at any time. No request fails because of it. */
export interface SharedStore {
  /** Returns the value; undefined for none, or when the store does not answer in time. Never rejects. */
  get(key: string): Promise<string | undefined>
  /** Sets the value. Returns at once and never fails. @param ttlMs milliseconds */
  set(key: string, value: string, ttlMs: number): void
  /**
   * Counts one event in the current window, or in a new one.
   *
   * @param windowMs milliseconds
   * @returns undefined when the store does not answer in time; never rejects
   */
  count(key: string, windowMs: number): Promise<{ count: number; leftMs: number } | undefined>
  /**
   * Adds to a sum, which begins at 0. Returns at once and never fails. {@link SharedStore.get} returns the sum.
   *
   * @param amount a whole number above 0
   * @param ttlMs milliseconds, from the last addition
   */
  add(key: string, amount: number, ttlMs: number): void
  /** Closes the connection. */
  close(): void
}

/** Events for the log. */
export interface StoreEvents {
  /** The store became available or unavailable. @param reason an error code; never contains the address */
  onStore?(isThere: boolean, reason: string | undefined): void
}
