/** Starts the compared proxies, each as a process in front of the same upstream. */
import { createHmac } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROXY_CORE } from './cores.ts'
import { Measured } from './process.ts'

/** `direct` is the upstream without a proxy; `faces` is the gateway with its faces on; `before` is the gateway of another checkout. */
export type PeerName =
  | 'gateway'
  | 'faces'
  | 'before'
  | 'nginx'
  | 'http-proxy'
  | 'pipe'
  | 'agno'
  | 'direct'

/** Inputs for starting a peer. */
export interface Surroundings {
  /** URL of the upstream. */
  readonly upstream: string
  /** Interpreter with agno, for Agno's gateway. */
  readonly python: string | undefined
  /** Checkout with another build of the gateway. */
  readonly before: string | undefined
}

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

const HERE = import.meta.dirname
const SECRET = 'a-secret-for-the-benchmark-of-32-bytes'
/** The token sent to every peer; only the gateway verifies it. */
export const TOKEN = signed({ sub: 'bench', scopes: ['agent_os:admin'] })
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

interface Place {
  readonly port: number
  readonly directory: string
}

const FACES = { openai: true, a2a: true, agui: true }

function commandFor(
  name: Exclude<PeerName, 'direct'>,
  { upstream, python = 'python3', before = '' }: Surroundings,
  { port, directory }: Place,
): string[] {
  const node = process.execPath
  switch (name) {
    case 'gateway':
    case 'faces':
    case 'before': {
      const file = join(directory, 'gateway.yaml')
      writeFileSync(file, gatewayConfig(upstream, directory, name === 'faces' ? FACES : {}))
      const root = name === 'before' ? before : join(HERE, '..')
      return [node, join(root, 'dist/server.js'), '--config', file, '--port', String(port)]
    }
    case 'nginx':
      return ['nginx', '-p', directory, '-c', nginxConfig(upstream, { port, directory })]
    case 'agno':
      return [python, join(HERE, 'peers/agno_gateway.py'), upstream, String(port)]
    default:
      return [node, join(HERE, `peers/${name}.ts`), upstream, String(port)]
  }
}

/** Every default, plus authentication and an access log in a file. */
function gatewayConfig(upstream: string, directory: string, faces: object): string {
  return JSON.stringify({
    faces,
    id: 'bench',
    upstreams: [{ name: 'bench', url: upstream }],
    auth: { mode: 'jwt', keys: [{ alg: 'HS256', secret: SECRET }] },
    log: { file: join(directory, 'access.log') },
  })
}

function nginxConfig(upstream: string, { port, directory }: Place): string {
  const file = join(directory, 'nginx.conf')
  mkdirSync(join(directory, 'logs'))
  const template = readFileSync(join(HERE, 'peers/nginx.conf.template'), 'utf8')
  const values: Readonly<Record<string, string>> = {
    '@DIR@': directory,
    '@PORT@': String(port),
    '@UPSTREAM@': new URL(upstream).host,
  }
  writeFileSync(
    file,
    template.replace(/@\w+@/g, (key) => values[key] ?? key),
  )
  return file
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

function signed(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
}
