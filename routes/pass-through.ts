/** What the gateway has no route for: `/upstreams/{name}/**` as it is, and anything else where only one can be meant. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { upstreamNamed } from '../plugins/choose-upstream.ts'
import { GatewayError } from '../src/errors.ts'
import type { Upstream } from '../src/upstream/upstream.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

export default async function passThrough(app: FastifyInstance) {
  app.route<{ Params: { name: string } }>({
    method: METHODS,
    url: '/upstreams/:name/*',
    handler: async (request, reply) => {
      const upstream = upstreamNamed(request.gateway.upstreams, request.params.name)
      const url = request.raw.url ?? ''
      await reply.forward({ upstream, path: url.slice(url.indexOf('/', '/upstreams/'.length)) })
    },
  })

  app.setNotFoundHandler(async (request, reply) => {
    const { upstreams } = request.gateway
    const [only, another] = upstreams.values()
    const isOwn = app.hasRoute({ method: 'GET', url: pathOf(request) })
    if (isOwn) throw methodNotAllowed()
    if (only && !another) return forward(request, reply, only)
    const detail =
      upstreams.size > 1
        ? 'Not Found. Name the upstream in the x-agentos-upstream header'
        : 'Not Found'
    throw new GatewayError('AGW_NOT_FOUND', { detail })
  })

  async function forward(request: FastifyRequest, reply: FastifyReply, upstream: Upstream) {
    await reply.forward({ upstream, path: request.raw.url ?? '' })
  }
}

function methodNotAllowed(): GatewayError {
  return new GatewayError('AGW_METHOD_NOT_ALLOWED', { headers: { allow: 'GET' } })
}

function pathOf(request: FastifyRequest): string {
  return (request.raw.url ?? '').split('?', 1)[0] as string
}
