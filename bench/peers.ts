/** Starts the compared proxies, each as a process in front of the same upstream. */
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROXY_CORE } from './cores.ts'
import type { PeerName, Surroundings } from './peer-commands.ts'
import { commandFor } from './peer-commands.ts'
import { Measured } from './process.ts'

/** A running proxy. */
export interface Peer {
  readonly name: PeerName
  readonly url: string
  /** Undefined for `direct`. */
  readonly process: Measured | undefined
  /** Milliseconds from the start of the process to its first answer. */
  readonly startMs: number
  stop(): Promise<void>
}

/** Time limit for the start of a proxy, in milliseconds. */
const START_MS = 60_000

/** Starts one proxy and waits for its first answer. @param env added to the environment */
export async function startPeer(
  name: PeerName,
  surroundings: Surroundings,
  env: NodeJS.ProcessEnv = {},
): Promise<Peer> {
  const { upstream } = surroundings
  if (name === 'direct') {
    return { name, url: upstream, process: undefined, startMs: 0, stop: async () => undefined }
  }
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  const command = commandFor(name, surroundings, { port, directory })
  const startedAt = performance.now()
  const process = Measured.start(command, PROXY_CORE, env)
  const stop = async () => {
    await process.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await answers(port, process)
  } catch (error) {
    await stop()
    throw new Error(`${name}: ${(error as Error).message}`)
  }
  const startMs = performance.now() - startedAt
  return { name, url: `http://127.0.0.1:${port}`, process, startMs, stop }
}

/** Sends requests on raw sockets, because the warm-up of a client would count as the proxy's start. */
async function answers(port: number, process: Measured): Promise<void> {
  const deadline = performance.now() + START_MS
  while (performance.now() < deadline && !process.hasExited) {
    if (await answersOnce(port)) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  throw new Error('does not answer')
}

function answersOnce(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => socket.write('GET /health HTTP/1.1\r\nhost: bench\r\n\r\n'))
    socket.on('data', (data) => {
      socket.destroy()
      resolve(data.toString('latin1').startsWith('HTTP/1.1 200'))
    })
    socket.on('error', () => resolve(false)).on('close', () => resolve(false))
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
