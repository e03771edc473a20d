/** A TCP server for upstreams that violate HTTP. */
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { onTestFinished } from 'vitest'

export interface RawUpstream {
  readonly url: string
  /** Heads of the first request on each connection. */
  readonly heads: readonly string[]
}

/**
 * Listens until the test ends.
 *
 * @param onHead called when the head of a connection's first request has been received
 */
export async function startRawUpstream(
  onHead: (socket: Socket, head: string) => void,
): Promise<RawUpstream> {
  const sockets = new Set<Socket>()
  const upstream = { url: '', heads: [] as string[] }
  const server = createServer((socket) => {
    sockets.add(socket)
    let head = ''
    const onData = (chunk: Buffer) => {
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      socket.off('data', onData)
      upstream.heads.push(head)
      onHead(socket, head)
    }
    socket
      .on('data', onData)
      .on('error', () => {})
      .on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  upstream.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  onTestFinished(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    if (server.listening) await once(server, 'close')
  })
  return upstream
}

/** Returns an address that refuses connections: only root could listen on its port, so no test does. */
export function refusingUrl(): string {
  return 'http://127.0.0.1:1'
}
