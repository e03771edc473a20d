/** Sends one view to any number of event streams, once a second. Does no work while no stream is open. */
import type { ServerResponse } from 'node:http'

export interface LiveFeedOptions {
  /** Returns the view to send. */
  read(): Promise<unknown>
  /** Default 1 s. */
  readonly everyMs?: number
}

/** Limit of unread bytes. A listener above it gets no views until it has caught up. */
const MOST_UNREAD_BYTES = 256 * 1024

export class LiveFeed {
  readonly #read: () => Promise<unknown>
  readonly #everyMs: number
  readonly #listeners = new Set<ServerResponse>()
  #timer: NodeJS.Timeout | undefined

  constructor({ read, everyMs = 1_000 }: LiveFeedOptions) {
    this.#read = read
    this.#everyMs = everyMs
  }

  get size(): number {
    return this.#listeners.size
  }

  /** @param response its head has been written */
  add(response: ServerResponse): void {
    this.#listeners.add(response)
    clearTimeout(this.#timer)
    void this.#send()
  }

  delete(response: ServerResponse): void {
    this.#listeners.delete(response)
    if (this.#listeners.size === 0) clearTimeout(this.#timer)
  }

  async #send(): Promise<void> {
    const view = await this.#read().catch(() => undefined)
    if (this.#listeners.size === 0) return
    if (view !== undefined) {
      const event = `event: live\ndata: ${JSON.stringify(view)}\n\n`
      for (const response of this.#listeners) {
        if (response.writableLength < MOST_UNREAD_BYTES) response.write(event)
      }
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#send(), this.#everyMs)
  }
}
