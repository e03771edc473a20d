/** CORS as AgentOS does it, answered by the gateway: upstreams never see the origin that callers see. */
import cors from '@fastify/cors'
import fp from 'fastify-plugin'
import type { CorsConfig } from '../config/types.ts'

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY']

export default fp<{ cors: CorsConfig }>(
  async (app, { cors: { origins } }) => {
    const isOpen = origins.includes('*')
    await app.register(cors, {
      origin: isOpen ? '*' : [...origins],
      credentials: !isOpen,
      methods: METHODS,
      exposedHeaders: isOpen ? ['*'] : EXPOSED,
      maxAge: 600,
      optionsSuccessStatus: 200,
      strictPreflight: false,
    })
  },
  { name: 'cors', dependencies: ['request-id'] },
)

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
