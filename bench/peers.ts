/** The proxies that are compared, each as a process in front of the same upstream. */
import { createHmac } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Measured } from './process.ts'

export type PeerName = 'gateway' | 'nginx' | 'http-proxy' | 'pipe' | 'agno'

/** A proxy that is up. */
export interface Peer {
  readonly name: PeerName
  readonly url: string
  readonly process: Measured
  /** Milliseconds from the start of the process to its first answer. */
  readonly startMs: number
}

const HERE = import.meta.dirname
const SECRET = 'a-secret-for-the-benchmark-of-32-bytes'
/** The token every peer is sent; only the gateway verifies it. */
export const TOKEN = signed({ sub: 'bench', scopes: ['agent_os:admin'] })
const PINNED_CORE = 0

/** Starts one proxy and waits for its first answer. @param python interpreter with agno, for Agno's gateway */
export async function startPeer(name: PeerName, upstream: string, python: string): Promise<Peer> {
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  const startedAt = performance.now()
  const process = Measured.start(command(name, upstream, port, directory, python), PINNED_CORE)
  const url = `http://127.0.0.1:${port}`
  await answers(`${url}/health`)
  return { name, url, process, startMs: performance.now() - startedAt }
}

function command(
  name: PeerName,
  upstream: string,
  port: number,
  directory: string,
  python: string,
): string[] {
  const node = process.execPath
  switch (name) {
    case 'gateway': {
      const file = join(directory, 'gateway.yaml')
      writeFileSync(file, gatewayConfig(upstream, directory))
      return [node, join(HERE, '../dist/server.js'), '--config', file, '--port', String(port)]
    }
    case 'nginx': {
      const file = join(directory, 'nginx.conf')
      mkdirSync(join(directory, 'logs'))
      const template = readFileSync(join(HERE, 'peers/nginx.conf.template'), 'utf8')
      const values = {
        '@DIR@': directory,
        '@PORT@': String(port),
        '@UPSTREAM@': new URL(upstream).host,
      }
      writeFileSync(
        file,
        template.replace(/@\w+@/g, (key) => values[key as keyof typeof values]),
      )
      return ['nginx', '-p', directory, '-c', file]
    }
    case 'agno':
      return [python, join(HERE, 'peers/agno_gateway.py'), upstream, String(port)]
    default:
      return [node, join(HERE, `peers/${name}.ts`), upstream, String(port)]
  }
}

/** Everything that is on by default, with authentication and an access log in a file. */
function gatewayConfig(upstream: string, directory: string): string {
  return JSON.stringify({
    id: 'bench',
    upstreams: [{ name: 'bench', url: upstream }],
    auth: { mode: 'jwt', keys: [{ alg: 'HS256', secret: SECRET }] },
    log: { file: join(directory, 'access.log') },
  })
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 6_000; tries++) {
    try {
      const { ok } = await fetch(url)
      if (ok) return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  throw new Error(`${url} does not answer`)
}

export async function freePort(): Promise<number> {
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
