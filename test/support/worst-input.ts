/** Defines one worst input of the gateway: a request that could hold up the event loop. */
import type { SocketUpstream } from './socket-upstream.ts'

export interface WorstInput {
  readonly name: string
  send(url: string, servers: { readonly socket: SocketUpstream }): Promise<unknown>
}

/** Sends a request and reads its whole answer. */
export async function ask(url: string, init: RequestInit = {}): Promise<void> {
  const answer = await fetch(url, init).catch(() => undefined)
  for await (const _ of answer?.body ?? []);
}

export function post(
  name: string,
  path: string,
  body: string,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): WorstInput {
  return { name, send: (url) => ask(url + path, { method: 'POST', headers, body }) }
}

export function get(name: string, path: string, headers: Record<string, string> = {}): WorstInput {
  return { name, send: (url) => ask(url + path, { headers }) }
}

/** Items behind one another, with commas. */
export function repeated(count: number, item: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => item(index)).join(',')
}
