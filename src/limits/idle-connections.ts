/** Callers' connections, and which of them nothing is under way on: those that may be closed without breaking anything. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as TcpServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { Server as TlsServer } from 'node:tls'

interface ConnectionUse {
  requests: number
  /** `performance.now()` of the last end of a request, or of the beginning. */
  idleSinceMs: number
}

/**
 * Node's own `closeIdleConnections` closes what has been idle for no time at all, so that the next request, which may be on its
 * way, breaks; and connections whose answer is written but has not left yet.
 */
export class IdleConnections {
  readonly #server: Server
  readonly #open = new Map<Duplex, ConnectionUse>()

  constructor(server: Server) {
    this.#server = server
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

  /** How many are open, but for WebSockets: those end by themselves. */
  get size(): number {
    return this.#open.size
  }

  /** Takes no more. Those that are open stay. */
  stopListening(): void {
    TcpServer.prototype.close.call(this.#server)
  }

  /** Closes those on which nothing has happened for a while. */
  closeIdle(quietMs: number): void {
    const now = performance.now()
    for (const [socket, { requests, idleSinceMs }] of this.#open) {
      if (requests === 0 && now - idleSinceMs >= quietMs) socket.destroy()
    }
  }
}
