/** Runs a TCP balancer: connections go to the targets in turn, and to the next target when one refuses. */
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { onTestFinished } from 'vitest'

const ASK_MS = 300

export interface Balancer {
  readonly url: string
  /** Resets every open connection; new ones are accepted as before. */
  cut(): void
  /** Number of connections that no target accepted. */
  readonly refused: number
}

export interface BalancerOptions {
  /** Path of a health check that a target must pass to receive connections. Default: every target receives some. */
  readonly asks?: string
}

/** Listens until the test ends. @param urls of the targets */
export async function startBalancer(
  urls: readonly string[],
  { asks }: BalancerOptions = {},
): Promise<Balancer> {
  const ready = new Set(urls)
  const ask = async (url: string) => {
    const answer = await fetch(url + asks, { signal: AbortSignal.timeout(500) }).catch(
      () => undefined,
    )
    if (answer?.ok) ready.add(url)
    else ready.delete(url)
  }
  const asking = asks && setInterval(() => urls.map(ask), ASK_MS)
  const open = new Set<Socket>()
  let turn = 0
  let refused = 0
  const keep = (socket: Socket) => {
    open.add(socket)
    socket.setNoDelay().on('error', () => {})
    socket.on('close', () => open.delete(socket))
  }
  const pass = (caller: Socket, first: number, tried: number) => {
    const targets = ready.size > 0 ? [...ready] : urls
    if (tried >= targets.length) {
      refused++
      caller.destroy()
      return
    }
    const { port } = new URL(targets[(first + tried) % targets.length] as string)
    const target = connect(Number(port), '127.0.0.1')
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
    if (asking) clearInterval(asking)
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
