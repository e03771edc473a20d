/** Answers CORS as AgentOS does. Upstreams never see the caller's `Origin`. */
import type { IncomingMessage } from 'node:http'
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { CorsConfig } from '../config/types.ts'
import { hostFor, registerIn } from './foreign-hooks.ts'

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY']
const MAX_AGE_S = 600

/** Fetch standard: with credentials, `*` in this header is a literal name, so each header is listed. */
const EXPOSED = [
  '*',
  'accept-ranges',
  'age',
  'content-disposition',
  'content-range',
  'etag',
  'link',
  'location',
  'mcp-protocol-version',
  'mcp-session-id',
  'retry-after',
  'www-authenticate',
  'x-request-id',
  'x-agentos-budget-remaining',
  'x-agentos-gateway-error',
  'x-agentos-partial',
  'x-agentos-run-id',
  'x-agentos-session-id',
  'x-agentos-stale',
]

export default fp(
  async (app) => {
    const options = {
      hook: 'onRequest',
      // Reads the configuration in force.
      delegator: (request: FastifyRequest, done: (error: null, cors: FastifyCorsOptions) => void) =>
        done(null, optionsOf(request.gateway.config.cors)),
    } as const
    const host = hostFor(app, (name, hook) => app.addHook(name, forOrigins(hook)))
    await registerIn(host, cors, options)
  },
  { name: 'cors', dependencies: ['request-id', 'gateway'] },
)

/** Runs the hook of @fastify/cors only with an `Origin`: without one it would compute its options and set `vary`. */
function forOrigins(hook: onRequestHookHandler): onRequestHookHandler {
  return function forOrigin(request, reply, done) {
    const { headers, method, gateway } = request
    if (headers.origin !== undefined) {
      const isAsked = headers['access-control-request-private-network'] === 'true'
      if (isAsked && method === 'OPTIONS' && isListed(headers.origin, gateway.config.cors)) {
        reply.header('access-control-allow-private-network', 'true')
      }
      hook.call(this, request, reply, done)
      return
    }
    reply.header('vary', 'Origin')
    done()
  }
}

function optionsOf({ origins }: CorsConfig): FastifyCorsOptions {
  const isOpen = origins.includes('*')
  return {
    origin: isOpen ? '*' : [...origins],
    credentials: !isOpen,
    methods: METHODS,
    exposedHeaders: isOpen ? ['*'] : EXPOSED,
    maxAge: MAX_AGE_S,
    optionsSuccessStatus: 200,
    strictPreflight: false,
  }
}

/** Returns whether the operator listed the origin: its pages act with the caller's cookies. */
export function isListed(origin: string | undefined, { origins }: CorsConfig): boolean {
  return origin !== undefined && origin !== '*' && origins.includes(origin)
}

/** Returns whether pages of the origin may read answers, with or without credentials. */
export function mayCall(origin: string, cors: CorsConfig): boolean {
  return cors.origins.includes('*') || isListed(origin, cors)
}

/**
 * CORS headers for answers that are sent before any plugin runs. Without them a page sees only a network error.
 *
 * @param origin value of the request's `Origin` header
 */
export function corsHeaders(origin: string | undefined, cors: CorsConfig): Record<string, string> {
  if (origin === undefined || !mayCall(origin, cors)) return { vary: 'Origin' }
  if (!isListed(origin, cors)) return { 'access-control-allow-origin': '*' }
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': EXPOSED.join(', '),
  }
}

/** CORS headers for a preflight; undefined for any other request. */
export function preflightHeaders(
  { method, headers }: IncomingMessage,
  cors: CorsConfig,
): Record<string, string> | undefined {
  if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return
  return {
    ...corsHeaders(headers.origin, cors),
    'access-control-allow-methods': METHODS.join(', '),
    'access-control-allow-headers': String(headers['access-control-request-headers'] ?? '*'),
    'access-control-max-age': String(MAX_AGE_S),
  }
}
