/**
 * Enforces AgentOS scopes before a request is sent to an upstream. Callers whose scopes only the upstream can verify are
 * left to that upstream.
 */
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { Access } from '../src/auth/access.ts'
import type { RequestTarget } from '../src/authorization/authorizer.ts'
import { Authorizer, forbidden } from '../src/authorization/authorizer.ts'
import { isBodyAuthorized, runsInBody } from '../src/authorization/named-components.ts'
import { RouteRules } from '../src/authorization/route-rules.ts'
import { peekBody } from '../src/relay/request-body.ts'
import { targetOf } from '../src/request-target.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * The authorization rules of a request's configuration, for checks outside the request's own hooks, such as
     * WebSocket messages.
     */
    authorizerOf(request: Pick<FastifyRequest, 'gateway'>): Authorizer
  }
}

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
          const runIds = targetOf(request)
          authorizerOf(request).assertAllowed(access, runIds, request.gateway.discovery.current)
          assertAgentRead(request, access, runIds)
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
      if (access === null || access.isAdmin) done()
      else assertBody(request, access).then(() => done(), done)
    })

    /** What stands in the body is allowed too. */
    async function assertBody(request: FastifyRequest, access: Access): Promise<void> {
      const runIds = targetOf(request)
      if (!isBodyAuthorized(runIds.method, runIds.path)) return
      const { config, discovery } = request.gateway
      const body = await peekBody(request.raw, config.limits.jsonBodyBytes)
      const { runs, later } = runsInBody(runIds.path, body)
      const authorizer = authorizerOf(request)
      for (const named of runs) authorizer.assertMayUse(access, 'run', named, discovery.current)
      // What AgentOS will call by itself, with rights of its own, has to be what its author might call.
      if (later) authorizer.assertAllowedLater(access, later, discovery.current)
    }

    /** A file system belongs to an agent. */
    function assertAgentRead(
      request: FastifyRequest,
      access: Access,
      { path }: RequestTarget,
    ): void {
      if (!path.startsWith('/filesystem/')) return
      const { agent_id: agentId } = request.query as Record<string, unknown>
      const named = (Array.isArray(agentId) ? agentId : [agentId]).filter((id) => id)
      // Then the answer holds files of all agents, and nothing in it says whose.
      if (named.length === 0 && !access.has('agents:read')) throw forbidden(['agents:read'])
      for (const name of named.map(String)) {
        const { current } = request.gateway.discovery
        authorizerOf(request).assertMayUse(access, 'read', { kind: 'agents', name }, current)
      }
    }
  },
  { name: 'authorization', dependencies: ['auth', 'gateway', 'admission'] },
)

/** A face's request is decided about once it is known what it asks for: see `plugins/admission.ts`. */
function isUndecided({ context }: FastifyRequest): boolean {
  return context.face !== undefined && context.target === undefined
}
