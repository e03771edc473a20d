/** Tracks callers' connections, so that a drain can close idle ones without breaking a request. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { Server as TlsServer } from 'node:tls'

interface ConnectionUse {
  requests: number
  /** `performance.now()` at the end of the last request, or at the start of the connection. */
  idleSinceMs: number
}

/**
 * Node's `closeIdleConnections` closes connections without any idle time, so a request on its way breaks. It also closes
 * connections whose response is written but not sent.
 */
export class IdleConnections {
  readonly #open = new Map<Duplex, ConnectionUse>()

  constructor(server: Server) {
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Duplex) => {
      this.#open.set(socket, { requests: 0, idleSinceMs: performance.now() })
      socket.once('close', () => this.#open.delete(socket))
    })
    server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => this.#open.delete(socket))
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      const use = this.#open.get(socket)
      if (use === undefined) return
      use.requests++
      response.once('close', () => {
        use.requests--
        use.idleSinceMs = performance.now()
      })
    })
  }

  /** Number of open connections, without WebSockets, which close themselves. */
  get size(): number {
    return this.#open.size
  }

  /** Closes connections that have been idle for `idleMs`. */
  closeIdle(idleMs: number): void {
    const now = performance.now()
    for (const [socket, { requests, idleSinceMs }] of this.#open) {
      if (requests === 0 && now - idleSinceMs >= idleMs) socket.destroy()
    }
  }
}
