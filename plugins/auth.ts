/**
 * Authenticates the caller of each request by the configuration in force. Authorization follows in
 * `plugins/authorization.ts`; the reason for one verifier per configuration is in `docs/adr/0007-verifier-per-configuration.md`.
 */
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import jwt from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { GatewayConfig } from '../config/types.ts'
import { Authenticator } from '../src/auth/authenticator.ts'
import { Caller, NO_SERVICE_ACCOUNTS } from '../src/auth/caller.ts'
import type { Claims } from '../src/auth/claims.ts'
import { RemoteKeys } from '../src/auth/remote-keys.ts'
import { unauthorized } from '../src/auth/token.ts'
import type { VerifySignature } from '../src/auth/verifier.ts'
import { Verifier } from '../src/auth/verifier.ts'
import type { RouteAccess } from '../src/request-context.ts'
import { chosenName } from '../src/request-target.ts'
import { proxiedFetch } from '../src/upstream/proxied-fetch.ts'
import { isListed } from './cors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The authenticated caller. On open routes without a token, the anonymous one. */
    caller: Caller
  }
  interface FastifyContextConfig {
    /** Callers that the route admits. Default: callers with a token, by AgentOS's scopes. */
    access?: RouteAccess
  }
  interface FastifyInstance {
    /** Authenticates callers that do not come by a request of their own, such as messages on a WebSocket. */
    authenticatorOf(config: GatewayConfig): Authenticator
    /** Method and path of each route that needs no token, such as `GET /health`. */
    readonly openRoutes: ReadonlySet<string>
  }
}

export default fp(
  async (app) => {
    await app.register(jwt, {
      // @fastify/jwt needs a default secret. It verifies nothing, because each call passes its own key.
      secret: randomBytes(32),
      verify: { errorCacheTTL: 0 },
    })
    app.decorateRequest('caller')
    const openRoutes = new Set<string>()
    app.decorate('openRoutes', openRoutes)
    app.addHook('onRoute', ({ method, url, config }) => {
      if (config?.access === 'open')
        for (const each of [method].flat()) openRoutes.add(`${each} ${url}`)
    })
    const authenticators = new WeakMap<GatewayConfig, Authenticator>()
    const keySets = keySetsOf(app)
    const authenticatorOf = (config: GatewayConfig): Authenticator => {
      const known = authenticators.get(config)
      if (known) return known
      const { auth } = config
      const verifier = new Verifier(auth, verifySignature(app), keySets(auth.jwksUrl))
      const authenticator = new Authenticator(auth, verifier)
      authenticators.set(config, authenticator)
      return authenticator
    }
    app.decorate('authenticatorOf', authenticatorOf)
    // Starts to fetch the key set without delaying the start.
    app.addHook('onReady', async () => void authenticatorOf(app.engine.current.config))

    app.addHook('onRequest', (request, _reply, done) => {
      const accept = (caller: Caller) => {
        request.caller = caller
        done(isUnverifiedOnOwnPage(request) ? unauthorized(NO_SERVICE_ACCOUNTS) : undefined)
      }
      try {
        if (isAmbiguous(request.raw.rawHeaders))
          throw unauthorized('Ambiguous Authorization header')
        const { config } = request.gateway
        // A browser cannot send `Authorization` with a WebSocket handshake: its token comes in the first message.
        if (config.auth.mode !== 'none' && request.ws) return accept(new Caller(undefined))
        if (config.auth.mode !== 'none' && isOpen(request)) return accept(new Caller(undefined))
        const authenticator = authenticatorOf(config)
        const caller = authenticator.authenticate(trustedHeaders(request), request.raw.socket)
        if (caller instanceof Promise) caller.then(accept, done)
        else accept(caller)
      } catch (error) {
        done(error as Error)
      }
    })
  },
  { name: 'auth', dependencies: ['errors', 'gateway'] },
)

/** A request that names an upstream is answered by that upstream, so the open route of the gateway does not apply. */
function isOpen(request: FastifyRequest): boolean {
  return request.context.access === 'open' && chosenName(request) === undefined
}

/**
 * CSRF guard: the token cookie counts only for same-origin requests and for `cors.origins`. A page of another origin
 * could not read the answer, but could start a run.
 */
function trustedHeaders({ headers, gateway }: FastifyRequest): IncomingHttpHeaders {
  const { auth, cors } = gateway.config
  const { origin, host } = headers
  if (auth.tokenSource === 'header' || headers.cookie === undefined || origin === undefined) {
    return headers
  }
  const isOwn = headers['sec-fetch-site'] === 'same-origin' || origin.endsWith(`://${host}`)
  return isOwn || isListed(origin, cors) ? headers : { ...headers, cookie: undefined }
}

/** A route of the gateway itself has no upstream that could verify the token. */
function isUnverifiedOnOwnPage({ caller, raw }: FastifyRequest): boolean {
  return caller.kind === 'service-account' && (raw.url ?? '').startsWith('/gateway')
}

/** With two `Authorization` headers, gateway and upstream could read different tokens. */
function isAmbiguous(rawHeaders: readonly string[]): boolean {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length === 13 && name.toLowerCase() === 'authorization') count++
  }
  return count > 1
}

/** Verifies signatures by @fastify/jwt, with key and algorithm of each call. */
function verifySignature(app: FastifyInstance): VerifySignature {
  return (token, { alg, key }) =>
    app.jwt.verify<Claims & object>(token, {
      key,
      algorithms: [alg],
      cache: false,
      // `exp` and `nbf` are checked on each request, because verified signatures are cached.
      ignoreExpiration: true,
      ignoreNotBefore: true,
    })
}

/** Key sets survive a reload: a new configuration with the same issuer starts with the known keys. */
function keySetsOf(app: FastifyInstance): (url: string | undefined) => RemoteKeys | undefined {
  let current: RemoteKeys | undefined
  return (url) => {
    if (url === undefined) return undefined
    if (current?.url !== url) {
      current = new RemoteKeys(url, {
        fetch: proxiedFetch,
        onFailure: (reason) =>
          app.logs.auth.warn(
            { reason },
            'fetching the key set failed: the previous one stays in force',
          ),
      })
      void current.refresh()
    }
    return current
  }
}
