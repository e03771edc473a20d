/** Explains why a listener could not be opened: names the configuration key, the likely cause and the remedy. */
import { networkInterfaces } from 'node:os'

/** The listener of a section of the configuration. */
export interface Listener {
  readonly section: 'listen' | 'metrics'
  readonly host: string
  readonly port: number
}

/** Addresses of this machine that a message lists. */
const LISTED_ADDRESSES = 4

/**
 * Builds the error that ends the start.
 *
 * @param cause Node's error; an unknown error is returned unchanged
 */
export function listenFailure(cause: unknown, { section, host, port }: Listener): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const explained = EXPLANATIONS[code]?.(host, port, section)
  if (explained === undefined) return cause
  const [key, ...lines] = explained
  const [problem, ...remedies] = lines
  return new Error([`${section}.${key}: ${problem} (${code})`, ...remedies].join('\n  '), { cause })
}

/** Returns the key below the section, the fault, and the lines of the remedy. */
type Explanation = (
  host: string,
  port: number,
  section: Listener['section'],
) => readonly [key: 'host' | 'port', problem: string, ...remedies: string[]]

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  EADDRINUSE: (host, port, section) => [
    'port',
    `another process uses ${host}:${port}`,
    `Stop that process (ss -ltnp 'sport = :${port}' names it), or choose another port:`,
    ...anotherPort(section, port < 65_535 ? port + 1 : port - 1),
  ],
  EACCES: (_host, port, section) => [
    'port',
    `this user has no permission to listen on port ${port}`,
    'Ports below 1024 need the capability CAP_NET_BIND_SERVICE. Choose a port from 1024 on:',
    ...anotherPort(section, port === 443 ? 8443 : 8080),
  ],
  EADDRNOTAVAIL: (host) => ['host', `${host} is not an address of this machine`, ...ownAddresses()],
  EAFNOSUPPORT: (host) => ['host', `this machine has no network for ${host}`, ...ownAddresses()],
  EINVAL: (host) => ['host', `${host} cannot be listened on`, ...ownAddresses()],
  ENOTFOUND: (host) => ['host', `the name ${host} cannot be resolved`, ...ownAddresses()],
  EAI_AGAIN: (host) => ['host', `the name ${host} cannot be resolved`, ...ownAddresses()],
}

function anotherPort(section: Listener['section'], port: number): string[] {
  const inFile = `  ${section}: { port: ${port} }`
  return section === 'listen' ? [`  agentos-gateway --port ${port}`, inFile] : [inFile]
}

function ownAddresses(): string[] {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0)
    .map(({ address }) => address)
  return [
    'Write 127.0.0.1 for this machine alone, 0.0.0.0 for every interface,',
    `or an address of this machine: ${own.slice(0, LISTED_ADDRESSES).join(', ') || '127.0.0.1'}`,
  ]
}
