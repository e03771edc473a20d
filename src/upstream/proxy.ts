/** Chooses the HTTP proxy of a URL by `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. It opens no connection; see `tunnel.ts`. */
import { isIP, isIPv6 } from 'node:net'
import { isInBlocks } from '../limits/address-block.ts'

/** An HTTP proxy. It holds credentials, so it is never logged or shown. */
export interface HttpProxy {
  /** The connection to the proxy itself uses TLS. */
  readonly isTls: boolean
  /** Name or address, without brackets. */
  readonly host: string
  readonly port: number
  /** Value of `Proxy-Authorization`; undefined without credentials in the URL. */
  readonly authorization: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_PORTS = new Map([
  ['http:', 80],
  ['https:', 443],
])

/**
 * The proxy for requests to a URL. A lower-case variable replaces the upper-case one, and an empty variable counts as unset.
 *
 * @param env default: the variables of the process
 * @returns undefined when requests go to the URL directly
 * @throws {Error} a variable is no URL of an HTTP proxy; the message names the variable but not its value
 * @see https://curl.se/docs/manpage.html#ENVIRONMENT
 */
export function proxyFor(url: URL, env: Environment = process.env): HttpProxy | undefined {
  // Both are read for every URL, so that a wrong value fails the start and not a later reload.
  const plain = proxyIn('http_proxy', env)
  const secure = proxyIn('https_proxy', env)
  const proxy = url.protocol === 'https:' ? secure : plain
  return proxy === undefined || isExcepted(url, readVariable('no_proxy', env)) ? undefined : proxy
}

function readVariable(name: string, env: Environment): string {
  return (env[name] || env[name.toUpperCase()] || '').trim()
}

function proxyIn(name: string, env: Environment): HttpProxy | undefined {
  const value = readVariable(name, env)
  if (value === '') return undefined
  const text = value.includes('://') ? value : `http://${value}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const defaultPort = DEFAULT_PORTS.get(url?.protocol ?? '')
  if (url === undefined || defaultPort === undefined || url.hostname === '') {
    const variable = env[name] ? name : name.toUpperCase()
    throw new Error(
      `${variable} is not the URL of a proxy: write http://host:port or https://host:port`,
    )
  }
  return {
    isTls: url.protocol === 'https:',
    host: withoutBrackets(url.hostname),
    port: url.port === '' ? defaultPort : Number(url.port),
    authorization: url.username === '' && url.password === '' ? undefined : basic(url),
  }
}

/** RFC 7617 §2. */
function basic({ username, password }: URL): string {
  const credentials = `${decoded(username)}:${decoded(password)}`
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** @param list value of `NO_PROXY`, separated by commas or blanks */
function isExcepted({ hostname, port, protocol }: URL, list: string): boolean {
  const host = withoutBrackets(hostname).replace(/\.$/, '').toLowerCase()
  const number = port === '' ? (DEFAULT_PORTS.get(protocol) ?? 0) : Number(port)
  const entries = list.toLowerCase().split(/[\s,]+/)
  return entries.some((entry) => matches(entry, host, number))
}

function matches(entry: string, host: string, port: number): boolean {
  const { name, only } = entryOf(entry)
  if (only !== undefined && only !== port) return false
  if (name === '*') return true
  if (isIP(host) !== 0) return isBlock(name) && isInBlocks([name], host)
  const domain = name.replace(/^\*?\./, '').replace(/\.$/, '')
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`))
}

/** Splits `name:port` and `[address]:port`. An IPv6 address without brackets has no port. */
function entryOf(entry: string): { readonly name: string; readonly only?: number } {
  if (isIPv6(entry.split('/', 1)[0] as string)) return { name: entry }
  const [, name = entry, port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
  return { name: withoutBrackets(name), ...(port !== undefined && { only: Number(port) }) }
}

/** An address, or a block such as `10.0.0.0/8` (RFC 4632). */
function isBlock(text: string): boolean {
  const [address = '', bits] = text.split('/')
  const family = isIP(address)
  if (family === 0 || bits === undefined) return family !== 0
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32)
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}
