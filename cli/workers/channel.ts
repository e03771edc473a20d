/** Sends requests and answers between two processes. */

/** The other process. */
export interface Peer {
  send(message: unknown, onSent: (error: Error | null) => void): unknown
  on(event: 'message', listener: (message: unknown) => void): unknown
}

interface Message {
  readonly topic?: string
  readonly args?: unknown
  /** Number that connects a request with its answer. */
  readonly id?: number
  readonly answer?: unknown
  readonly error?: string
}

/** Handles a request of the other process. */
export type Handler = (topic: string, args: unknown) => unknown

/** Longest wait for a reload, which waits for new upstreams, in milliseconds. */
export const RELOAD_MS = 30_000
/** Longest wait for an answer, in milliseconds. */
const ANSWER_MS = 2_000

export class Channel {
  readonly #peer: Peer
  readonly #handle: Handler
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #lastId = 0

  constructor(peer: Peer, handle: Handler) {
    this.#peer = peer
    this.#handle = handle
    peer.on('message', (message) => this.#receive(message as Message))
  }

  /**
   * Sends a request and waits for the answer. @param timeoutMs milliseconds; default 2 s @throws the other process's
   * error, or a timeout
   */
  async ask(topic: string, args?: unknown, timeoutMs = ANSWER_MS): Promise<unknown> {
    const id = ++this.#lastId
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(id, waiting)
    const timer = setTimeout(() => waiting.reject(new Error(`no answer to ${topic}`)), timeoutMs)
    this.#send({ topic, args, id })
    try {
      return await waiting.promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }

  /** Sends a message without an answer. */
  notify(topic: string, args?: unknown): void {
    this.#send({ topic, args })
  }

  /** Fails every open request, because the other process has exited. */
  close(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('the process has exited'))
  }

  #send(message: Message): void {
    // A send to an ended process fails; its exit is handled elsewhere.
    this.#peer.send(message, () => {})
  }

  #receive(message: Message): void {
    const { topic, args, id } = message
    if (topic === undefined) {
      const waiting = this.#waiting.get(id ?? 0)
      if (message.error === undefined) waiting?.resolve(message.answer)
      else waiting?.reject(new Error(message.error))
      return
    }
    if (id === undefined) this.#handle(topic, args)
    else void this.#answer(id, topic, args)
  }

  async #answer(id: number, topic: string, args: unknown): Promise<void> {
    try {
      this.#send({ id, answer: await this.#handle(topic, args) })
    } catch (error) {
      this.#send({ id, error: error instanceof Error ? error.message : String(error) })
    }
  }
}
