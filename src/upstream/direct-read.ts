/** Hands the bytes of a connection to undici's parser in the turn in which Node reads them. */
import type { Socket } from 'node:net'

/** Set on memory that holds the bytes of one read and nothing else, so that nothing changes it. */
const RECEIVED = Symbol('received')
type Memory = ArrayBufferLike & { [RECEIVED]?: true }

/** The memory holds bytes as they were received. The memory of any other buffer may be shared, and change. */
export function isReceived(memory: Memory): boolean {
  return memory[RECEIVED] === true
}

/** @param bytes of one read, in memory of their own */
export function markReceived({ buffer, length }: Buffer): void {
  if (length === buffer.byteLength) (buffer as Memory)[RECEIVED] = true
}

/**
 * Node buffers received bytes in a stream and wakes its reader in a later tick, a tenth of the cost of a JSON run. While
 * the reader keeps up, this passes the bytes on at once. Otherwise they are buffered as usual, so backpressure is unchanged.
 *
 * @param socket has a reader that calls `read()` until it returns null, at each `readable`
 * @see https://nodejs.org/api/stream.html#readablepushchunk-encoding
 */
export function readDirectly(socket: Socket): void {
  const { push, read } = socket
  let offered: Buffer | null = null
  let isOffering = false
  socket.push = function (this: Socket, chunk: Buffer | null, encoding) {
    if (chunk === null || isOffering || this.readableLength > 0 || this.destroyed) {
      return push.call(this, chunk, encoding)
    }
    markReceived(chunk)
    offered = chunk
    isOffering = true
    try {
      this.emit('readable')
    } finally {
      isOffering = false
    }
    if (offered === null) return true
    offered = null
    return push.call(this, chunk, encoding)
  }
  socket.read = function (this: Socket, size?: number) {
    if (!isOffering) return read.call(this, size)
    const chunk = offered
    offered = null
    return chunk
  }
}
