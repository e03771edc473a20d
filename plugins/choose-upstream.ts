/**
 * Reads the upstream that a caller names by `x-agentos-upstream: NAME` or `?upstream=NAME`. The name wins over every
 * other way to find the upstream.
 */
import fp from 'fastify-plugin'
import { chosenName, upstreamNamed } from '../src/request-target.ts'
import type { Upstream } from '../src/upstream/upstream.ts'

/** The upstream that the caller named. */
export interface ChosenUpstream {
  readonly upstream: Upstream
  /** Path and query without the `upstream` parameter. */
  readonly path: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route itself sends the request to the named upstream and translates ids for it. */
    handlesChosenUpstream?: boolean
  }
  interface FastifyRequest {
    /** Set on routes with `handlesChosenUpstream`, when the caller named an upstream. */
    chosen: ChosenUpstream | undefined
  }
}

export default fp(
  async (app) => {
    app.decorateRequest('chosen', undefined)
    app.addHook('preHandler', (request, reply, done) => {
      // The WebSocket route reads the name itself.
      const choice = request.ws ? undefined : chosenName(request)
      if (choice === undefined) {
        done()
        return
      }
      const upstream = upstreamNamed(request.gateway.upstreams, choice.name)
      if (request.routeOptions.config.handlesChosenUpstream) {
        request.chosen = { upstream, path: choice.path }
        done()
        return
      }
      reply.forward({ upstream, path: choice.path }).catch(done)
    })
  },
  { name: 'choose-upstream', dependencies: ['gateway', 'forward'] },
)
