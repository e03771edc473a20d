/** `fetch` that uses the proxy of the environment, for requests that go to no upstream: key sets and models. */
import type { Agent } from 'undici'
import { proxyFor } from './proxy.ts'
import { openTunnel } from './tunnel.ts'

/** Longest time until a connection is usable, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000

let agent: Agent | undefined

/** As `fetch`. undici's own `fetch` is loaded with the first URL that has a proxy. */
export async function proxiedFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  if (proxyFor(new URL(url)) === undefined) return fetch(url, init)
  const undici = await import('undici')
  agent ??= tunnellingAgent(undici.Agent)
  // The same standard types, declared twice.
  const options = { ...init, dispatcher: agent } as unknown as Parameters<typeof undici.fetch>[1]
  return (await undici.fetch(url, options)) as unknown as Response
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
