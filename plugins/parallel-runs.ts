/** How many runs one caller, and one component, may have under way at a time. */
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { LimitsConfig } from '../config/types.ts'
import { GatewayError } from '../src/errors.ts'
import type { Leases } from '../src/store/leases.ts'
import type { Claim } from '../src/workers/siblings.ts'
import { askedBy, componentOf } from './asked.ts'
import type { Asking } from './rate-limit.ts'
import { identityOf } from './rate-limit.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Takes a place for a run that begins outside of a request of its own, on a WebSocket.
     *
     * @returns gives the place back; undefined where there is none
     */
    takeRun(asking: Asking): Promise<(() => void) | undefined>
  }
}

const RUN = /^\/(?:agents|teams|workflows)\/[^/]+\/runs(?:\/[^/]+\/continue)?$/

export default fp(
  async (app) => {
    const { siblings } = app
    const underWay = new Map<string, number>()

    app.addHook('onRequest', (request, reply, done) => {
      const claims = claimsOf(request)
      const { leases } = request.gateway
      if (claims.length === 0) done()
      else if (leases === undefined && siblings === undefined) {
        if (!takeHere(claims)) return done(tooMany())
        request.facts.closings.push(() => releaseHere(claims))
        done()
      } else {
        takeTogether(claims, leases).then((release) => {
          if (release === undefined) return done(tooMany())
          // The caller may have left meanwhile.
          if (reply.raw.destroyed) release()
          else request.facts.closings.push(release)
          done()
        }, done)
      }
    })

    app.decorate('takeRun', async (asking) => {
      const { config, leases } = app.engine.current
      const claims = claimsFor(asking, config.limits.parallelRuns)
      return claims.length === 0 ? () => {} : takeTogether(claims, leases)
    })

    /** The store's word counts where there is one; where it says nothing, this machine's. @returns gives the places back */
    async function takeTogether(
      claims: readonly Claim[],
      leases: Leases | undefined,
    ): Promise<(() => void) | undefined> {
      const lease = await leases?.take(claims)
      if (lease?.isGranted === false) return undefined
      // Counted along, for when the store goes.
      const counted = lease?.isGranted ? claims.map(withoutEnd) : claims
      if (!(await takeOnMachine(counted))) {
        lease?.release()
        return undefined
      }
      return () => {
        lease?.release()
        if (siblings) siblings.release(claims.map(([key]) => key))
        else releaseHere(claims)
      }
    }

    function takeOnMachine(claims: readonly Claim[]): boolean | Promise<boolean> {
      return siblings ? siblings.take(claims).catch(() => true) : takeHere(claims)
    }

    function takeHere(claims: readonly Claim[]): boolean {
      if (claims.some(([key, most]) => (underWay.get(key) ?? 0) >= most)) return false
      for (const [key] of claims) underWay.set(key, (underWay.get(key) ?? 0) + 1)
      return true
    }

    function releaseHere(claims: readonly Claim[]): void {
      for (const [key] of claims) {
        const left = (underWay.get(key) ?? 1) - 1
        if (left > 0) underWay.set(key, left)
        else underWay.delete(key)
      }
    }
  },
  { name: 'parallel-runs', dependencies: ['auth', 'gateway', 'errors', 'workers'] },
)

/** What the request takes a place of; nothing where it is no run, or there is no limit. */
function claimsOf(request: FastifyRequest): readonly Claim[] {
  const { parallelRuns } = request.gateway.config.limits
  if (request.method !== 'POST' || parallelRuns.identity + parallelRuns.component === 0) return []
  const asked = askedBy(request)
  const component = RUN.test(asked.path) ? componentOf(asked, request) : undefined
  const { caller, ip } = request
  return claimsFor({ caller, ip, component }, parallelRuns)
}

function claimsFor(asking: Asking, limits: LimitsConfig['parallelRuns']): readonly Claim[] {
  const { component } = asking
  if (component === undefined) return []
  const claims: Claim[] = [
    [identityOf(asking), limits.identity],
    [`component ${component.kind}/${component.id}`, limits.component],
  ]
  return claims.filter(([, most]) => most > 0)
}

/** The claim, granted however many there are. */
function withoutEnd([key]: Claim): Claim {
  return [key, Number.MAX_SAFE_INTEGER]
}

function tooMany(): GatewayError {
  return new GatewayError('AGW_TOO_MANY_RUNS', { headers: { 'retry-after': '1' } })
}
