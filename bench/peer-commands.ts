/** Command lines and configuration files of the compared proxies. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SECRET } from './token.ts'

/**
 * `direct` is the upstream without a proxy; `before` is the gateway of another checkout. `gateway-stdout`, `gateway-silent`
 * and `gateway-open` log to standard output, do not log, and verify no token; `gateway-two` has two workers, `faces` the protocol faces on.
 */
export const PEERS = [
  'direct',
  'gateway',
  'gateway-stdout',
  'gateway-silent',
  'gateway-open',
  'gateway-two',
  'faces',
  'before',
  'nginx',
  'envoy',
  'traefik',
  'caddy',
  'pipe',
  'http-proxy',
  'fastify',
  'agno',
  'litellm',
] as const
export type PeerName = (typeof PEERS)[number]

/** Peers that are the gateway of this checkout. */
export const GATEWAYS: readonly PeerName[] = PEERS.filter((name) => name.startsWith('gateway'))

/** Inputs for starting a peer. */
export interface Surroundings {
  /** URL of the upstream. */
  readonly upstream: string
  /** Files of the programs that are not on the path. */
  readonly programs: ReadonlyMap<PeerName, string>
  /** Checkout with another build of the gateway. */
  readonly before: string | undefined
}

/** Where a peer listens, and the folder for its files. */
interface Location {
  readonly port: number
  readonly directory: string
}

const HERE = import.meta.dirname

/** Returns the command line, and writes the configuration file that it names. */
export function commandFor(
  name: Exclude<PeerName, 'direct'>,
  { upstream, programs, before = '' }: Surroundings,
  location: Location,
): string[] {
  const { directory } = location
  const port = String(location.port)
  const node = process.execPath
  const program = programs.get(name) ?? name
  const config = (file: string) => rendered(file, upstream, location)
  switch (name) {
    case 'nginx':
      mkdirSync(join(directory, 'logs'))
      return [program, '-p', directory, '-c', config('nginx.conf')]
    case 'caddy':
      return [program, 'run', '--adapter', 'caddyfile', '--config', config('Caddyfile')]
    case 'traefik':
      config('traefik-routes.yaml')
      return [program, `--configfile=${config('traefik.yaml')}`]
    case 'envoy':
      return [
        program,
        // Two Envoys of one machine would share a socket for hot restarts.
        '--disable-hot-restart',
        ...['--concurrency', '1', '--log-level', 'error', '-c', config('envoy.yaml')],
      ]
    case 'litellm':
      return [program, '--config', config('litellm.yaml'), '--host', '127.0.0.1', '--port', port]
    case 'agno':
      return [program, join(HERE, 'peers/agno_gateway.py'), upstream, port]
    case 'http-proxy':
    case 'pipe':
    case 'fastify':
      return [node, join(HERE, `peers/${name}.ts`), upstream, port]
    default: {
      const file = join(directory, 'gateway.yaml')
      writeFileSync(file, gatewayConfig(name, upstream, directory))
      const root = name === 'before' ? before : join(HERE, '..')
      return [node, join(root, 'dist/server.js'), '--config', file, '--port', port]
    }
  }
}

/** Every default, plus authentication and an access log in a file, except for the variants. */
function gatewayConfig(name: PeerName, upstream: string, directory: string): string {
  const auth = { mode: 'jwt', keys: [{ alg: 'HS256', secret: SECRET }] }
  const file = join(directory, 'access.log')
  return JSON.stringify({
    id: 'bench',
    upstreams: [{ name: 'bench', url: upstream }],
    auth: name === 'gateway-open' ? { mode: 'none' } : auth,
    ...(name !== 'gateway-stdout' && {
      log: name === 'gateway-silent' ? { level: 'silent' } : { file },
    }),
    ...(name === 'gateway-two' && { workers: 2 }),
    ...(name === 'faces' && { faces: { openai: true, mcp: true, a2a: true, agui: true } }),
  })
}

/** Fills in the template of a configuration file. @returns its path */
function rendered(name: string, upstream: string, { port, directory }: Location): string {
  const file = join(directory, name)
  const template = readFileSync(join(HERE, `peers/${name}.template`), 'utf8')
  const { host, hostname, port: upstreamPort } = new URL(upstream)
  const values: Readonly<Record<string, string>> = {
    '@DIR@': directory,
    '@PORT@': String(port),
    '@UPSTREAM@': host,
    '@UPSTREAM_HOST@': hostname,
    '@UPSTREAM_PORT@': upstreamPort,
  }
  const text = template.replace(/@[A-Z_]+@/g, (key) => values[key] ?? key)
  writeFileSync(file, text)
  return file
}
