/**
 * Tells who calls, before anything else is done for them. The keys belong to the configuration in force, not to the server:
 * see `docs/adr/verifier-per-configuration.md`.
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
import { chosenName } from '../src/request-target.ts'
import { isListed } from './cors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls. On open routes: nobody. */
    caller: Caller
  }
  interface FastifyContextConfig {
    /** `open`: served without a token in every mode of `auth`. Default: only callers with a token are served. */
    access?: 'open'
  }
  interface FastifyInstance {
    /** Tells callers by the rules of a configuration, for those who don't come by a request: WebSockets. */
    authenticatorOf(config: GatewayConfig): Authenticator
  }
}

export default fp(
  async (app) => {
    await app.register(jwt, {
      // Never verifies anything: every call names its own key.
      secret: randomBytes(32),
      verify: { errorCacheTTL: 0 },
    })
    app.decorateRequest('caller')
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
    // Begins to fetch the key set; nobody waits for it.
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
        // A browser cannot send the header with a WebSocket: its token comes in a message.
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

/** With an upstream chosen, the answer is not the gateway's own, so the route is not open. */
function isOpen(request: FastifyRequest): boolean {
  return request.context.isOpenRoute && chosenName(request) === undefined
}

/**
 * A browser adds cookies whoever's page asks. Of pages that nobody has let in, the one with the token is not believed: they
 * could not read the answer, but a run would have been started.
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

/** The gateway's own pages can't leave the checking to an upstream. */
function isUnverifiedOnOwnPage({ caller, raw }: FastifyRequest): boolean {
  return caller.kind === 'service-account' && (raw.url ?? '').startsWith('/gateway')
}

/** Two `Authorization` headers would let the gateway check one and an upstream read the other. */
function isAmbiguous(rawHeaders: readonly string[]): boolean {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length === 13 && name.toLowerCase() === 'authorization') count++
  }
  return count > 1
}

/** @fastify/jwt, with the key and the algorithm of each call. */
function verifySignature(app: FastifyInstance): VerifySignature {
  return (token, { alg, key }) =>
    app.jwt.verify<Claims & object>(token, {
      key,
      algorithms: [alg],
      cache: false,
      // Looked at on every request, also for tokens whose signature is remembered.
      ignoreExpiration: true,
      ignoreNotBefore: true,
    })
}

/** Sets outlive reloads: a new configuration with the same issuer starts with the keys that are known. */
function keySetsOf(app: FastifyInstance): (url: string | undefined) => RemoteKeys | undefined {
  let current: RemoteKeys | undefined
  return (url) => {
    if (url === undefined) return undefined
    if (current?.url !== url) {
      current = new RemoteKeys(url, {
        onFailure: (reason) => app.logs.auth.warn({ reason }, 'the key set could not be fetched'),
      })
      void current.refresh()
    }
    return current
  }
}
