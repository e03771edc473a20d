/** Maps method and path to a handler, with AgentOS's answers 404 and 405. */
import type { IncomingMessage } from 'node:http'
import { Fields } from './fields.ts'
import { HttpError, type Reply } from './http.ts'

/** One request with its route. */
export interface Call {
  request: IncomingMessage
  query: Fields
  /** Returns a `{name}` of the route's path, decoded. */
  param(name: string): string
}

export type Handler = (call: Call) => Reply | Promise<Reply>

/** Handlers by `METHOD /path/{param}`; the order decides which route answers 405. */
export type Routes = Record<string, Handler>

/** Returns a function that answers requests by these routes. */
export function createRouter(routes: Routes): (request: IncomingMessage) => Promise<Reply> {
  const table = Object.entries(routes).map(([route, handler]) => {
    const [method, path = ''] = route.split(' ')
    const pattern = new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)
    return { method, pattern, handler }
  })

  return async (request) => {
    const url = new URL(request.url ?? '/', 'http://demo')
    const matching = table.filter(({ pattern }) => pattern.test(url.pathname))
    const [first] = matching
    if (first === undefined) throw new HttpError(404, 'Not Found')
    const found = matching.find(({ method }) => method === request.method)
    if (found === undefined) {
      throw new HttpError(405, 'Method Not Allowed', { allow: first.method ?? '' })
    }
    const params = found.pattern.exec(url.pathname)?.groups ?? {}
    return found.handler({
      request,
      query: new Fields('query', new Map(url.searchParams)),
      param: (name) => decode(params[name] ?? ''),
    })
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
