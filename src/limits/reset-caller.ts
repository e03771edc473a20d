/** Ends the connection of a caller that has stopped reading. */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** The part of a response that is needed. */
interface Resettable {
  /** Undefined for an output that writes to no socket, null for a response that is not due. */
  readonly socket?: Socket | null
  destroy(): unknown
}

/**
 * Resets the connection (RST). After an ordinary close the system would keep up to 4 MB of unsent bytes until the caller has
 * read them: one byte a second for weeks. Node cannot reset below TLS, where the connection is closed.
 */
export function resetCaller(response: Resettable): void {
  const { socket } = response
  if (!socket) response.destroy()
  else if (socket instanceof TLSSocket) socket.destroy()
  else socket.resetAndDestroy()
}
