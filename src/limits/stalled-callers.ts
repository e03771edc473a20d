/** Disconnects callers that have stopped reading, of any response: a list, a document, a face or a WebSocket. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { resetCaller } from './reset-caller.ts'

/** Longest interval between two looks at the connections, in milliseconds. */
const LONGEST_PERIOD_MS = 5_000
/** Looks within the limit. More of them make the limit more exact. */
const LOOKS = 4

/** The part of a socket's handle that Node's own socket timeout reads, to distinguish a slow reader from a stalled one. */
interface WrittenHandle {
  readonly bytesWritten: number
  readonly writeQueueSize: number
}

/** A connection with unsent bytes. */
interface Unread {
  acceptedBytes: number
  looks: number
}

/**
 * Watches every connection of the server, also of WebSockets. A caller that continues to read, however slowly, stays. Bytes that
 * the caller sends do not count: Node's `server.timeout` would let a caller hold its unread response with a slow body.
 *
 * @param limitMs longest time without a byte that the system accepts for the caller, in milliseconds; read once a connection
 *   opens after none was open, and at each look
 */
export function disconnectStalledCallers(server: Server, limitMs: () => number): void {
  const open = new Map<Socket, Unread | undefined>()
  let timer: NodeJS.Timeout | undefined
  let periodMs = 0

  const look = () => {
    // Looks are counted, because a blocked event loop serves no caller and must not disconnect any.
    const most = Math.ceil(limitMs() / periodMs)
    for (const [socket, before] of open) {
      if (socket.writableLength === 0) {
        if (before !== undefined) open.set(socket, undefined)
        continue
      }
      const acceptedBytes = acceptedBytesOf(socket)
      if (before === undefined || acceptedBytes > before.acceptedBytes) {
        open.set(socket, { acceptedBytes, looks: 0 })
      } else if (++before.looks > most) resetCaller({ socket, destroy: () => socket.destroy() })
    }
  }

  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    open.set(socket, undefined)
    if (timer === undefined) {
      periodMs = Math.max(1, Math.min(LONGEST_PERIOD_MS, limitMs() / LOOKS))
      timer = setInterval(look, periodMs).unref()
    }
    socket.once('close', () => {
      open.delete(socket)
      if (open.size > 0) return
      clearInterval(timer)
      timer = undefined
    })
  })
}

/** Bytes that the system has accepted for the peer. Under TLS the difference of two values is close, not exact. */
function acceptedBytesOf(socket: Socket & { readonly _handle?: WrittenHandle | null }): number {
  const { _handle: handle } = socket
  return handle ? handle.bytesWritten - handle.writeQueueSize : 0
}
