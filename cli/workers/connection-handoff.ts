/** Connections on their way to a worker: one that dies before it has taken them leaves them to another. */
import type { ChildProcess } from 'node:child_process'

interface PendingConnection {
  readonly message: object
  readonly handle: Closable
}

interface Closable {
  close(): void
}

/**
 * Node's cluster hands a connection to a worker and lets go of it when the worker says that it has it. Where the worker
 * dies in between, no process would own it, and the caller would wait for ever.
 */
export class ConnectionHandoff {
  /** By the number that the worker's answer names. */
  readonly #pending = new Map<unknown, PendingConnection>()

  constructor(child: ChildProcess) {
    const send = child.send.bind(child) as (...args: unknown[]) => boolean
    const watched = (message: object, handle?: Closable, ...more: unknown[]): boolean => {
      if (handle && 'seq' in message) this.#pending.set(message.seq, { message, handle })
      return send(message, handle, ...more)
    }
    child.send = watched as typeof child.send
    child.on('internalMessage', ({ ack }: { readonly ack?: unknown }) => this.#pending.delete(ack))
  }

  /** The worker is dead. @param other gets what it had not taken; without one the connections are closed */
  transferTo(other: ChildProcess | undefined): void {
    for (const { message, handle } of this.#pending.values()) {
      // The answer of the other one counts for the one that died: it names the same number.
      if (other) other.send(message, handle as never)
      else handle.close()
    }
    this.#pending.clear()
  }
}
