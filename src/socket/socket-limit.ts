/** Limits the open client sockets, in total and per caller. */
import { KeyedCounter } from '../limits/keyed-counter.ts'

/** The slot of one open socket. */
export interface SocketSlot {
  /**
   * Counts the socket for this caller instead of the one before.
   *
   * @returns false when the caller has reached the limit; close the socket then
   */
  assignTo(identity: string, most: number): boolean
  /** Releases the slot. A second call does nothing. */
  release(): void
}

export class SocketLimit {
  readonly #total = new KeyedCounter()
  readonly #byCaller = new KeyedCounter()

  /** @param most limit in total; 0 for no limit @returns undefined when the limit is reached */
  acquire(most: number): SocketSlot | undefined {
    if (!this.#total.acquire([['', limit(most)]])) return undefined
    let isOpen = true
    let owner: string | undefined
    return {
      assignTo: (identity, mostOfCaller) => {
        if (!isOpen || identity === owner) return isOpen
        if (!this.#byCaller.acquire([[identity, limit(mostOfCaller)]])) return false
        this.#release(owner)
        owner = identity
        return true
      },
      release: () => {
        if (!isOpen) return
        isOpen = false
        this.#total.release([''])
        this.#release(owner)
      },
    }
  }

  #release(identity: string | undefined): void {
    if (identity !== undefined) this.#byCaller.release([identity])
  }
}

/** 0 means no limit. */
function limit(most: number): number {
  return most === 0 ? Number.POSITIVE_INFINITY : most
}
