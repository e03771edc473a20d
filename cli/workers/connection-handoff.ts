/** Keeps connections until a worker has accepted them, so that a dying worker's connections go to another one. */
import type { ChildProcess } from 'node:child_process'

interface PendingConnection {
  readonly message: object
  readonly handle: Closable
}

interface Closable {
  close(): void
}

/**
 * Node's cluster module sends a connection to a worker and closes its own copy when the worker confirms it. If the
 * worker dies in between, no process owns the connection and the caller waits without end.
 */
export class ConnectionHandoff {
  /** Pending connections by the sequence number in the worker's answer. */
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

  /** Handles the death of the worker. @param other gets the pending connections; without one they are closed */
  transferTo(other: ChildProcess | undefined): void {
    for (const { message, handle } of this.#pending.values()) {
      // The other worker's answer contains the same number, so it confirms the connection.
      if (other) other.send(message, handle as never)
      else handle.close()
    }
    this.#pending.clear()
  }
}
