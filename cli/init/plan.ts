/** Groups the queried servers into the upstreams of a configuration. */
import { isDeepStrictEqual } from 'node:util'
import { COMPONENT_KINDS } from '../../src/catalogue/catalogue.ts'
import type { Found } from './look.ts'

/** An upstream of the new file. */
export interface Planned {
  readonly name: string
  readonly urls: readonly string[]
  /** Prefix that separates its ids from earlier upstreams'; undefined without a collision. */
  readonly prefix: string | undefined
  /** Environment variable of its `config_token`; undefined if it needs no token. */
  readonly tokenVariable: string | undefined
  readonly found: Found
}

/** Servers with equal descriptions become replicas of one upstream. */
export function plan(servers: readonly Found[]): Planned[] {
  const groups: Found[][] = []
  for (const server of servers) {
    const same = groups.find(([first]) => first !== undefined && isReplica(first, server))
    if (same) same.push(server)
    else groups.push([server])
  }
  const planned: Planned[] = []
  for (const group of groups) {
    const found = group[0] as Found
    const name = unused(
      slug(found.id ?? new URL(found.url).host),
      planned.map((other) => other.name),
    )
    planned.push({
      name,
      urls: group.map(({ url }) => url),
      prefix: planned.some((other) => collides(other.found, found)) ? `${name}-` : undefined,
      tokenVariable: found.needsToken
        ? `${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_TOKEN`.replace(/^(?=\d)/, '_')
        : undefined,
      found,
    })
  }
  return planned
}

function isReplica(a: Found, b: Found): boolean {
  return a.id !== undefined && a.id === b.id && !a.isA2a && isDeepStrictEqual(a.ids, b.ids)
}

function collides(a: Found, b: Found): boolean {
  return COMPONENT_KINDS.some((kind) => b.ids[kind].some((id) => a.ids[kind].includes(id)))
}

/** Turns an id into a valid name of an upstream. */
function slug(id: string): string {
  const plain = id
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
  return plain.slice(0, 48) || 'agentos'
}

function unused(name: string, taken: readonly string[]): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`
    if (!taken.includes(candidate)) return candidate
  }
}
