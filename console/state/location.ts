/** Reads and changes the page's address. Path and query are in the hash, so that the console works under any prefix. */
import { computed, signal } from '@preact/signals'

const hash = signal(location.hash)
addEventListener('hashchange', () => {
  hash.value = location.hash
})

/** Path of the hash: `/data/sessions` of `#/data/sessions?type=agent`. */
export const path = computed(() => `/${hash.value.replace(/^#?\/?/, '').split('?')[0]}`)

/** Query of the hash. */
export const query = computed(() => new URLSearchParams(hash.value.split('?')[1] ?? ''))

export type Query = Readonly<Record<string, string | number | undefined>>

/** Address of a page, for `href`. */
export function hrefOf(to: string, query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') params.set(name, String(value))
  }
  const text = params.toString()
  return `#${to}${text === '' ? '' : `?${text}`}`
}

export function navigate(to: string, options: { replace?: boolean; query?: Query } = {}): void {
  const href = hrefOf(to, options.query)
  if (options.replace) history.replaceState(null, '', href)
  else history.pushState(null, '', href)
  hash.value = href
}

/** Changes some parameters of the query and keeps the others. */
export function setQuery(change: Query): void {
  const next = Object.fromEntries(query.value)
  navigate(path.value, { replace: true, query: { ...next, ...change } })
}

/** Location hook for the router. */
export function useHashLocation(): [string, typeof navigate] {
  return [path.value, navigate]
}
