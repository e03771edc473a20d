/** CORS as AgentOS does it, answered by the gateway: upstreams never see the origin that callers see. */
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { CorsConfig } from '../config/types.ts'

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY']

export default fp(
  async (app) => {
    await app.register(cors, {
      hook: 'onRequest',
      // By the configuration in force, and only for those who say where they come from.
      delegator: (request, done) => {
        const { headers, gateway } = request as FastifyRequest
        done(
          null,
          headers.origin === undefined ? { origin: false } : optionsOf(gateway.config.cors),
        )
      },
    })
    app.addHook('onRequest', (request, reply, done) => {
      if (request.headers.origin === undefined) reply.header('vary', 'Origin')
      done()
    })
  },
  { name: 'cors', dependencies: ['request-id', 'gateway'] },
)

function optionsOf({ origins }: CorsConfig): FastifyCorsOptions {
  const isOpen = origins.includes('*')
  return {
    origin: isOpen ? '*' : [...origins],
    credentials: !isOpen,
    methods: METHODS,
    exposedHeaders: isOpen ? ['*'] : EXPOSED,
    maxAge: 600,
    optionsSuccessStatus: 200,
    strictPreflight: false,
  }
}

/** With credentials, browsers take `*` literally: the names have to be said. */
const EXPOSED = [
  '*',
  'age',
  'retry-after',
  'x-request-id',
  'x-agentos-gateway-error',
  'x-agentos-partial',
  'x-agentos-stale',
]
