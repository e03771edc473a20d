/** Suggests the intended address when no AgentOS answers at the configured one. */
import { loadConfigText } from '../config/load.ts'
import { Gateway } from '../src/gateway.ts'
import type { Upstream } from '../src/upstream/upstream.ts'
import { inspect } from './inspect.ts'

/** Longest wait for one of the other addresses. */
const PATIENCE = '3s'
const DEFAULT_PORT = '7777'
const SILENT =
  'the server accepts connections and does not answer: it is no AgentOS, still starts, or is busy'
/** Last path segments of pages and APIs. An AgentOS is rarely served below one of them. */
const PAGES =
  /\/(?:agents|teams|workflows|runs|sessions|docs|redoc|openapi\.json|health|config|info|v\d+|api|chat|completions|models|mcp|a2a)(?:\/.*)?$/

/**
 * @param url normalised URL of an upstream that does not answer as an AgentOS
 * @param reason the failure of this upstream
 */
export async function addressHint(url: string, reason: string): Promise<string | undefined> {
  const candidates = otherAddresses(url)
  const answers = await Promise.all(candidates.map(isAgentOs))
  const found = candidates.find((_, index) => answers[index])
  if (found !== undefined) return `an AgentOS answers at another address; write\n    url: ${found}`
  const shorter = url.replace(PAGES, '')
  if (shorter !== url) {
    return `the address of an AgentOS has no such path; try\n    url: ${shorter}`
  }
  if (/ECONNREFUSED/.test(reason)) return 'no server listens there: start the AgentOS'
  if (/UPSTREAM_TIMEOUT/.test(reason)) return SILENT
  if (!/^status|AGW_UPSTREAM_PROTOCOL/.test(reason)) return undefined
  const withPort = new URL(url)
  withPort.port = DEFAULT_PORT
  return `the server there is not an AgentOS: it has no /agents and /config. An AgentOS listens on port ${DEFAULT_PORT} by default:\n    url: ${withPort.origin}`
}

/** Returns the address with the other scheme, and with shorter paths. */
function otherAddresses(url: string): string[] {
  const { origin, pathname } = new URL(url)
  const parts = pathname.split('/').filter(Boolean)
  const shorter = parts.map((_, count) => [origin, ...parts.slice(0, count)].join('/')).toReversed()
  const other = (address: string) =>
    address.startsWith('https:')
      ? address.replace(/^https:/, 'http:')
      : address.replace(/^http:/, 'https:')
  return [other(url), ...shorter, ...shorter.slice(-1).map(other)]
}

async function isAgentOs(url: string): Promise<boolean> {
  const document = {
    upstreams: [{ name: 'asked', url, timeout: PATIENCE, connect_timeout: PATIENCE }],
  }
  const gateway = new Gateway(loadConfigText(JSON.stringify(document), 'asked', {}))
  const upstream = gateway.upstreams.get('asked') as Upstream
  try {
    await inspect(gateway, upstream)
    const { discovery } = gateway
    const isUntrusted = /CERT|SIGNED|VERIFY/.test(discovery.reasonOf(upstream) ?? '')
    return discovery.stateOf(upstream) !== 'failing' || isUntrusted
  } finally {
    await gateway.stop()
  }
}
