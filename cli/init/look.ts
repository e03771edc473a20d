/** Asks one running server what it is and what it serves. */
import { loadConfigText } from '../../config/load.ts'
import type { ComponentKind } from '../../config/types.ts'
import { COMPONENT_KINDS } from '../../src/catalogue/catalogue.ts'
import { Gateway } from '../../src/gateway.ts'
import type { Upstream } from '../../src/upstream/upstream.ts'
import { infoOf, inspect } from '../inspect.ts'

/** Longest wait for an answer. */
const PATIENCE = '10s'

/** A server that answered. */
export interface Found {
  readonly url: string
  /** What it calls itself; undefined where it does not. */
  readonly id: string | undefined
  readonly version: string | undefined
  /** What it asks of callers. */
  readonly auth: string
  /** Its lists are shown only to those who bring a token. */
  readonly needsToken: boolean
  readonly isA2a: boolean
  readonly ids: Readonly<Record<ComponentKind, readonly string[]>>
}

/** @param url normalised @returns the server, or why it can't be used */
export async function lookAt(
  url: string,
  token: string | undefined,
): Promise<Found | { readonly problem: string }> {
  const open = await ask(url, undefined)
  if (!('problem' in open) || !open.isRefused) return open
  if (token === undefined) {
    return { problem: `${url} shows its components only to those who bring a token: add --token` }
  }
  const shown = await ask(url, token)
  if (!('problem' in shown)) return { ...shown, needsToken: true }
  return shown.isRefused ? { problem: `${url} does not accept the token` } : shown
}

type Asked = Found | { readonly problem: string; readonly isRefused: boolean }

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
      return { problem: `${url}: ${reason}`, isRefused: state === 'refused' }
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
