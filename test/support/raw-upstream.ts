/** A server below HTTP, for upstreams that break the rules. */
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { onTestFinished } from 'vitest'

export interface RawUpstream {
  readonly url: string
  /** Heads of the first requests of its connections. */
  readonly heads: readonly string[]
}

/**
 * Listens until the test is over.
 *
 * @param onHead called once the head of a connection's first request has come
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

/** An address where connections are refused: a port that only root could listen on, so no other test ever does. */
export function refusingUrl(): string {
  return 'http://127.0.0.1:1'
}
