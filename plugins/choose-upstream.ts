/** Lets a caller name the upstream: `x-agentos-upstream: NAME` or `?upstream=NAME` wins over every other way of finding it. */
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'
import type { Upstream } from '../src/upstream/upstream.ts'

/** What the caller chose, and the target without the choice in it. */
interface ChosenName {
  readonly name: string
  readonly path: string
}

/** @returns undefined where the caller names none */
export function chosenName(request: FastifyRequest): ChosenName | undefined {
  const url = request.raw.url ?? ''
  const header = request.headers['x-agentos-upstream']
  const query = url.indexOf('?')
  const named = query === -1 ? undefined : withoutUpstream(url, query)
  const name = typeof header === 'string' ? header : named?.name
  return name === undefined ? undefined : { name, path: named?.path ?? url }
}

/** Takes `upstream=NAME` out of the query and leaves every other byte as it is. */
function withoutUpstream(url: string, query: number): ChosenName | undefined {
  const pairs = url.slice(query + 1).split('&')
  const chosen = pairs.find((pair) => pair.startsWith('upstream='))
  if (chosen === undefined) return undefined
  const rest = pairs.filter((pair) => !pair.startsWith('upstream=')).join('&')
  const name = new URLSearchParams(chosen).get('upstream') ?? ''
  return { name, path: url.slice(0, query) + (rest === '' ? '' : `?${rest}`) }
}

/** @throws {GatewayError} `AGW_UPSTREAM_NOT_FOUND` */
export function upstreamNamed(upstreams: ReadonlyMap<string, Upstream>, name: string): Upstream {
  const upstream = upstreams.get(name)
  if (upstream) return upstream
  throw new GatewayError('AGW_UPSTREAM_NOT_FOUND', { detail: `No upstream named '${name}'` })
}

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
