/** A balancer below HTTP: connections go to the targets in turn, to the next where one refuses. */
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Balancer {
  readonly url: string
  /** Breaks every connection. New ones are made as before. */
  cut(): void
  /** Connections that no target accepted. */
  readonly refused: number
}

/** Listens until the test is over. @param urls of the targets */
export async function startBalancer(urls: readonly string[]): Promise<Balancer> {
  const ports = urls.map((url) => Number(new URL(url).port))
  const open = new Set<Socket>()
  let turn = 0
  let refused = 0
  const keep = (socket: Socket) => {
    open.add(socket)
    socket.setNoDelay().on('error', () => {})
    socket.on('close', () => open.delete(socket))
  }
  const pass = (caller: Socket, first: number, tried: number) => {
    if (tried === ports.length) {
      refused++
      caller.destroy()
      return
    }
    const target = connect(ports[(first + tried) % ports.length] as number, '127.0.0.1')
    target.once('error', () => target.connecting || pass(caller, first, tried + 1))
    target.once('connect', () => {
      target.removeAllListeners('error')
      keep(target)
      caller.pipe(target).pipe(caller)
      caller.on('close', () => target.destroy())
      target.on('close', () => caller.destroy())
    })
  }
  const server = createServer((caller) => {
    keep(caller)
    pass(caller, turn++, 0)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy()
  }
  onTestFinished(() => {
    server.close()
    cut()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    get refused() {
      return refused
    },
  }
}
