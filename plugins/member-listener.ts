/**
 * Serves the composer's calls of members on a Unix socket. They need no TLS and no client certificate, count for no
 * address, and are accepted until the end of a drain, because composed runs in progress depend on them.
 */
import type { IncomingMessage as Message, ServerOptions } from 'node:http'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { COMPOSED_HEADER, COMPOSED_RUN_HEADER } from '../src/composed-call.ts'
import { oneByOne } from '../src/limits/pipelining.ts'
import { createServer, IncomingMessage } from '../src/node-http.ts'
import { Relay } from '../src/relay/relay.ts'

/** A request that came through the Unix socket. */
export class MemberRequest extends IncomingMessage {}

declare module 'fastify' {
  interface FastifyInstance {
    /** Accepts calls of members at this path until the app is closed. @throws Error when the path cannot be bound */
    listenForMembers(path: string): Promise<void>
  }
}

/** The composed component of the configuration whose run calls a member; undefined for every other request. */
export function composedComponent({ raw, gateway }: FastifyRequest): string | undefined {
  if (!(raw instanceof MemberRequest)) return undefined
  const named = raw.headers[COMPOSED_HEADER]
  const { teams = [], workflows = [] } = gateway.config.composition ?? {}
  const isComposed =
    teams.some(({ id }) => named === `teams/${id}`) ||
    workflows.some(({ id }) => named === `workflows/${id}`)
  return isComposed ? String(named) : undefined
}

/** The composed component and run whose call of a member this request is, for its lines in the audit log. */
export function composedRun(request: FastifyRequest) {
  const composed = composedComponent(request)
  if (composed === undefined) return undefined
  const runId = request.raw.headers[COMPOSED_RUN_HEADER]
  return { composed, composed_run_id: typeof runId === 'string' ? runId.slice(0, 256) : undefined }
}

/** Whether an open response belongs to the composer, and not to a caller of the gateway. */
export function isForComposer(open: object): boolean {
  if (!(open instanceof Relay)) return false
  const request = open.request as { readonly raw?: unknown } | undefined
  return request?.raw instanceof MemberRequest
}

/**
 * A Unix socket has no address. The composer sends back the `x-forwarded-for` of its own caller, whose last entry is the
 * address that this gateway has seen: limits, logs and trusted proxies apply as to that caller.
 */
function takeCallersAddress({ headers, socket }: Message): void {
  const entries = String(headers['x-forwarded-for'] ?? '').split(',')
  const value = entries.pop()?.trim()
  Object.defineProperty(socket, 'remoteAddress', { value, configurable: true })
  if (entries.length > 0) headers['x-forwarded-for'] = entries.join(',')
  else delete headers['x-forwarded-for']
}

export default fp<{ http: ServerOptions }>(
  async (app, { http }) => {
    const options = { ...http, IncomingMessage: MemberRequest } as ServerOptions
    const handle = oneByOne((request, response) => {
      takeCallersAddress(request)
      app.routing(request, response)
    })
    const server = createServer(options, handle)
    app.decorate('listenForMembers', (path: string) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      server.once('error', reject)
      server.listen(path, resolve)
      return promise
    })
    app.addHook('onClose', async () => {
      server.close()
      server.closeAllConnections()
    })
  },
  { name: 'member-listener' },
)
