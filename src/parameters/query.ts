/** Reads queries and urlencoded forms as AgentOS (Starlette) reads them. */
import { ambiguous, refuseVariants } from './deciding.ts'

/**
 * The pairs of a query. `URLSearchParams` alone drops a leading `?`, which for AgentOS is part of the first name.
 *
 * @param query without the `?` that begins it
 */
export function queryPairs(query: string): URLSearchParams {
  return new URLSearchParams(`&${query}`)
}

/** The value AgentOS takes: the last one. @returns undefined where the name does not occur */
export function lastValue(pairs: URLSearchParams, name: string): string | undefined {
  return pairs.getAll(name).at(-1)
}

/**
 * Refuses a query in which a deciding parameter has two values or another spelling.
 *
 * @param names parameters that decide about the request
 * @throws {GatewayError} `AGW_PARAMETER_AMBIGUOUS`
 * @see {@link refuseVariants}
 */
export function assertReadOneWay(pairs: URLSearchParams, names: ReadonlySet<string>): void {
  refuseVariants(pairs.keys(), names, 'query')
  for (const name of names) {
    const values = new Set(pairs.getAll(name))
    if (values.size > 1) throw ambiguous('query', name, [...values])
  }
}

/** A path and query without the pairs of one name, in any encoding of the name; every other byte stays. */
export function withoutPairs(url: string, name: string): string {
  const query = url.indexOf('?')
  if (query === -1) return url
  const kept = url.slice(query + 1).split('&')
  const rest = kept.filter((pair) => !queryPairs(pair).has(name)).join('&')
  return url.slice(0, query) + (rest === '' ? '' : `?${rest}`)
}
