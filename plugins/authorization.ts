/**
 * Enforces AgentOS scopes before a request is sent to an upstream. Callers whose scopes only the upstream can verify are
 * left to that upstream.
 */
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { Access } from '../src/auth/access.ts'
import type { RequestTarget } from '../src/authorization/authorizer.ts'
import { Authorizer, forbidden } from '../src/authorization/authorizer.ts'
import type { CausingRoute } from '../src/authorization/indirect-runs.ts'
import { causingRoute, isNamed } from '../src/authorization/indirect-runs.ts'
import type { Named, Reach } from '../src/authorization/named-components.ts'
import { ownerAmong } from '../src/authorization/named-components.ts'
import { RouteRules } from '../src/authorization/route-rules.ts'
import { decidingObject } from '../src/parameters/json-object.ts'
import { assertReadOneWay, lastValue, queryPairs } from '../src/parameters/query.ts'
import { peekBody } from '../src/relay/request-body.ts'
import { targetOf } from '../src/request-target.ts'
import { storedRecord } from '../src/stored-record.ts'
import type { Upstream } from '../src/upstream/upstream.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * The authorization rules of a request's configuration, for checks outside the request's own hooks, such as
     * WebSocket messages.
     */
    authorizerOf(request: Pick<FastifyRequest, 'gateway'>): Authorizer
  }
}

/** Largest body that is read to find the runs it causes. */
const MOST_READ_BYTES = 1024 * 1024
/** Parameters that select the agent whose files are shown. */
const FILE_PARAMETERS = new Set(['agent_id', 'namespace', 'user_id'])

export default fp(
  async (app) => {
    const rules = new RouteRules()
    const authorizerOf = ({ gateway }: Pick<FastifyRequest, 'gateway'>) =>
      new Authorizer(rules, gateway.config.auth.adminScope)
    app.decorate('authorizerOf', authorizerOf)

    const authorize: onRequestHookHandler = (request, _reply, done) => {
      const { access } = request.caller
      try {
        if (access && !access.isAdmin && !isUndecided(request)) {
          const target = targetOf(request)
          // With an upstream chosen, the route is that upstream's and not the gateway's.
          if (request.context.access === 'caller' && !target.relayedTo) return done()
          authorizerOf(request).assertAllowed(access, target, request.gateway.discovery.current)
          assertAgentRead(request, access, target)
        }
        done()
      } catch (error) {
        done(error as Error)
      }
    }
    app.addHook('onRequest', authorize)
    app.admissionChecks.push(authorize)

    app.addHook('preHandler', (request, _reply, done) => {
      const { access } = request.caller
      if (access === null || access.isAdmin) return done()
      const { method, path } = targetOf(request)
      const route = causingRoute(method, path)
      if (route === undefined) done()
      else assertCausedRuns(request, access, route).then(() => done(), done)
    })

    /** Checks that the caller may run every component that the body or the stored record starts. */
    async function assertCausedRuns(
      request: FastifyRequest,
      access: Access,
      route: CausingRoute,
    ): Promise<void> {
      const { config } = request.gateway
      const mostBytes = Math.min(config.limits.jsonBodyBytes, MOST_READ_BYTES)
      const body = route.members
        ? decidingObject(await peekBody(request.raw, mostBytes), route.members)
        : {}
      const stored = async () => {
        const found = await storedRecord(request, route.recordPath)
        if (found) pinTo(request, found.upstream)
        return found?.record
      }
      const runs = await route.runs(body, stored)
      const reach = reachOf(request, runs.filter(isNamed))
      for (const run of runs) authorizerOf(request).assertMayCause(access, run, reach)
    }

    /** Checks that the caller may read the agent that owns the files. */
    function assertAgentRead(
      request: FastifyRequest,
      access: Access,
      { path }: RequestTarget,
    ): void {
      if (!path.startsWith('/filesystem/')) return
      const { url = '' } = request.raw
      const at = url.indexOf('?')
      const pairs = queryPairs(at === -1 ? '' : url.slice(at + 1))
      assertReadOneWay(pairs, FILE_PARAMETERS)
      const name = lastValue(pairs, 'agent_id')
      if (name) {
        const named = { kind: 'agents', name } as const
        authorizerOf(request).assertMayUse(access, 'read', named, reachOf(request, [named]))
      } else if (!access.has('agents:read')) {
        // Without an agent, the answer contains the files of all agents without their owners.
        throw forbidden(['agents:read'])
      }
    }
  },
  { name: 'authorization', dependencies: ['auth', 'gateway', 'admission'] },
)

/** A face's request is authorized when its target is known: see `plugins/admission.ts`. */
function isUndecided({ context }: FastifyRequest): boolean {
  return context.face !== undefined && context.target === undefined
}

/**
 * The upstreams that the request may reach. A request that names a component of one upstream goes to that one, also where it
 * names a database of another, so that the decision holds for the sent request.
 */
function reachOf(request: FastifyRequest, named: readonly Named[]): Reach {
  const catalogue = request.gateway.discovery.current
  const { handlesChosenUpstream: isTranslated = false } = request.routeOptions.config
  const { relayedTo } = targetOf(request)
  const only = relayedTo ?? request.chosen?.upstream
  if (only) return { upstreams: [only], isTranslated, catalogue }
  const owner = isTranslated ? ownerAmong(named, catalogue) : undefined
  if (owner === undefined) return { upstreams: catalogue.agentOses, isTranslated, catalogue }
  pinTo(request, owner)
  return { upstreams: [owner], isTranslated, catalogue }
}

/** Lets the route send the request to this upstream only. */
function pinTo(request: FastifyRequest, upstream: Upstream): void {
  if (!request.routeOptions.config.handlesChosenUpstream) return
  request.chosen ??= { upstream, path: request.raw.url ?? '' }
}
