/** How many client sockets are open: in all, and of each caller. */
import { KeyedCounter } from '../limits/keyed-counter.ts'

/** 0 for no limit. */
export interface SocketLimits {
  readonly total: number
  readonly identity: number
}

/** One socket among those that are counted. */
export interface SocketSlot {
  /**
   * Counts the socket for a caller, and for nobody else from then on.
   *
   * @returns false when the caller has as many as it may; the socket is to be closed then
   */
  assignTo(identity: string, most: number): boolean
  /** The socket is closed. Harmless when called again. */
  release(): void
}

export class SocketLimit {
  readonly #total = new KeyedCounter()
  readonly #byCaller = new KeyedCounter()

  /** @param most sockets in all; 0 for no limit @returns undefined where there is no room */
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

/** 0 stands for no limit. */
function limit(most: number): number {
  return most === 0 ? Number.POSITIVE_INFINITY : most
}
