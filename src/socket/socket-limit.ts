/** How many client sockets are open: in all, and of each caller. */

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
  readonly #byCaller = new Map<string, number>()
  #open = 0

  /** @param most sockets in all; 0 for no limit @returns undefined where there is no room */
  acquire(most: number): SocketSlot | undefined {
    if (most > 0 && this.#open >= most) return undefined
    this.#open++
    let isOpen = true
    let owner: string | undefined
    return {
      assignTo: (identity, mostOfCaller) => {
        if (!isOpen || identity === owner) return isOpen
        const count = this.#byCaller.get(identity) ?? 0
        if (mostOfCaller > 0 && count >= mostOfCaller) return false
        this.#byCaller.set(identity, count + 1)
        this.#release(owner)
        owner = identity
        return true
      },
      release: () => {
        if (!isOpen) return
        isOpen = false
        this.#open--
        this.#release(owner)
      },
    }
  }

  #release(identity: string | undefined): void {
    if (identity === undefined) return
    const left = (this.#byCaller.get(identity) ?? 1) - 1
    if (left > 0) this.#byCaller.set(identity, left)
    else this.#byCaller.delete(identity)
  }
}
