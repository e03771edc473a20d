/** Queries one running server for its identity and components. */
import { loadConfigText } from '../../config/load.ts'
import type { ComponentKind } from '../../config/types.ts'
import { COMPONENT_KINDS } from '../../src/catalogue/catalogue.ts'
import { Gateway } from '../../src/gateway.ts'
import type { Upstream } from '../../src/upstream/upstream.ts'
import { addressHint } from '../address-hint.ts'
import { infoOf, inspect } from '../inspect.ts'

/** Longest wait for an answer. */
const PATIENCE = '10s'

/** A server that answered. */
export interface Found {
  readonly url: string
  /** Id that the server reports, if any. */
  readonly id: string | undefined
  readonly version: string | undefined
  /** Authentication that the server requires. */
  readonly auth: string
  /** The server shows its lists only to callers with a token. */
  readonly needsToken: boolean
  readonly isA2a: boolean
  /** The failure; undefined for a server that has answered. */
  readonly problem?: string
  readonly ids: Readonly<Record<ComponentKind, readonly string[]>>
}

/**
 * @param url normalised
 * @returns the server, with a `problem` when it does not describe itself
 */
export async function lookAt(url: string, token: string | undefined): Promise<Found> {
  const open = await ask(url, undefined)
  if (!('reason' in open)) return open
  if (!open.isRefused) {
    const hint = await addressHint(url, open.reason)
    const problem = `${url}: ${open.reason}${hint === undefined ? '' : `: ${hint}`}`
    return unknownServer(url, problem, false)
  }
  if (token === undefined) {
    const problem = `${url} requires a token to list its components: add --token`
    return unknownServer(url, problem, true)
  }
  const shown = await ask(url, token)
  if (!('reason' in shown)) return { ...shown, needsToken: true }
  const problem = shown.isRefused ? `${url} does not accept the token` : `${url}: ${shown.reason}`
  return unknownServer(url, problem, true)
}

/** A server that is known only by its address. */
function unknownServer(url: string, problem: string, needsToken: boolean): Found {
  const ids = { agents: [], teams: [], workflows: [] }
  const nothing = { id: undefined, version: undefined, auth: 'unknown', isA2a: false, ids }
  return { url, needsToken, problem, ...nothing }
}

type Asked = Found | { readonly reason: string; readonly isRefused: boolean }

async function ask(url: string, token: string | undefined): Promise<Asked> {
  const document = { upstreams: [{ name: 'asked', url, config_token: token, timeout: PATIENCE }] }
  const gateway = new Gateway(loadConfigText(JSON.stringify(document), 'init', {}))
  const upstream = gateway.upstreams.get('asked') as Upstream
  const { discovery } = gateway
  try {
    const { version, auth } = await inspect(gateway, upstream)
    const state = discovery.stateOf(upstream)
    if (state !== 'ready') {
      const card = state === 'failing' ? await cardOf(upstream) : undefined
      if (card !== undefined) return a2aServer(url, card)
      const reason = discovery.reasonOf(upstream) ?? state
      return { reason, isRefused: state === 'refused' }
    }
    const { os_id: id } = await infoOf(upstream)
    const lists = COMPONENT_KINDS.map((kind) => [kind, [...discovery.idsOf(upstream, kind)]])
    return {
      url,
      id: typeof id === 'string' ? id : undefined,
      version,
      auth,
      needsToken: false,
      isA2a: false,
      ids: Object.fromEntries(lists) as Found['ids'],
    }
  } finally {
    await gateway.stop()
  }
}

/** Name on the agent card of an A2A server. */
async function cardOf(upstream: Upstream): Promise<string | undefined> {
  try {
    const { status, body } = await upstream.fetch('/.well-known/agent-card.json', {
      silenceMs: 5_000,
    })
    const { name } = JSON.parse(body.toString('utf8')) as { name?: unknown }
    return status === 200 && typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}

function a2aServer(url: string, id: string): Found {
  const ids = { agents: [], teams: [], workflows: [] }
  return { url, id, version: undefined, auth: 'unknown', needsToken: false, isA2a: true, ids }
}
