/** Lets a caller name the upstream: `x-agentos-upstream: NAME` or `?upstream=NAME` wins over every other way of finding it. */
import fp from 'fastify-plugin'
import { chosenName, upstreamNamed } from '../src/request-target.ts'
import type { Upstream } from '../src/upstream/upstream.ts'

/** The upstream that the caller named. */
export interface ChosenUpstream {
  readonly upstream: Upstream
  /** Path and query without the choice. */
  readonly path: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route goes to the upstream that was chosen by itself, and puts ids in its terms. */
    handlesChosenUpstream?: boolean
  }
  interface FastifyRequest {
    /** Set on routes with `heedsChoice`, where the caller named an upstream. */
    chosen: ChosenUpstream | undefined
  }
}

export default fp(
  async (app) => {
    app.decorateRequest('chosen', undefined)
    app.addHook('preHandler', (request, reply, done) => {
      // A WebSocket's route minds the choice itself.
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
