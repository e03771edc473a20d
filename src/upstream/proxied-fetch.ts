/**
 * `fetch` for requests that go to no upstream: key sets and models. It uses the proxy of the environment, and accepts an
 * unsolicited `100 Continue` as the pools do.
 */
import type { Agent } from 'undici'
import { prepareConnection } from './new-connection.ts'
import { proxyFor } from './proxy.ts'
import { openTunnel } from './tunnel.ts'

/** Longest time until a connection is usable, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000

let direct: Agent | undefined
let tunnelling: Agent | undefined

/** As `fetch`. undici's own `fetch` is loaded with the first request. */
export async function proxiedFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  const undici = await import('undici')
  const hasProxy = proxyFor(new URL(url)) !== undefined
  if (hasProxy) tunnelling ??= accepting(tunnellingAgent(undici.Agent))
  else direct ??= accepting(new undici.Agent({ allowH2: false }))
  // The same standard types, declared twice.
  const options = { ...init, dispatcher: hasProxy ? tunnelling : direct }
  return (await undici.fetch(
    url,
    options as unknown as Parameters<typeof undici.fetch>[1],
  )) as unknown as Response
}

function accepting(agent: Agent): Agent {
  return agent.on('connect', (_origin, targets) => prepareConnection(targets.at(-1) as object))
}

function tunnellingAgent(UndiciAgent: typeof Agent): Agent {
  return new UndiciAgent({
    allowH2: false,
    connect: ({ protocol, hostname, port }, onConnected) => {
      const host = hostname.includes(':') ? `[${hostname}]` : hostname
      const url = new URL(`${protocol}//${host}${port ? `:${port}` : ''}`)
      const proxy = proxyFor(url)
      if (proxy === undefined) onConnected(new Error('the proxy variables have changed'), null)
      else openTunnel(proxy, { url, timeoutMs: CONNECT_TIMEOUT_MS }, onConnected)
    },
  })
}
