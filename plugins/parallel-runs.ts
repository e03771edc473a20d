/** How many runs one caller, and one component, may have under way at a time. */
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { LimitsConfig } from '../config/types.ts'
import { GatewayError } from '../src/errors.ts'
import type { SlotClaim } from '../src/limits/keyed-counter.ts'
import { KeyedCounter } from '../src/limits/keyed-counter.ts'
import { targetComponent, targetOf } from '../src/request-target.ts'
import type { Leases } from '../src/store/leases.ts'
import type { LimitSubject } from './rate-limit.ts'
import { identityKey } from './rate-limit.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Takes a place for a run that begins outside of a request of its own, on a WebSocket.
     *
     * @returns gives the place back; undefined where there is none
     */
    acquireRunSlot(subject: LimitSubject): Promise<(() => void) | undefined>
  }
}

const RUN = /^\/(?:agents|teams|workflows)\/[^/]+\/runs(?:\/[^/]+\/continue)?$/

export default fp(
  async (app) => {
    const { workerPeers } = app
    const running = new KeyedCounter()

    app.addHook('onRequest', (request, reply, done) => {
      const claims = claimsOf(request)
      const { leases } = request.gateway
      if (claims.length === 0) done()
      else if (leases === undefined && workerPeers === undefined) {
        if (!running.acquire(claims)) return done(tooManyRuns())
        request.context.onClose(() => running.release(keysOf(claims)))
        done()
      } else {
        acquireShared(claims, leases).then((release) => {
          if (release === undefined) return done(tooManyRuns())
          // The caller may have left meanwhile.
          if (reply.raw.destroyed) release()
          else request.context.onClose(release)
          done()
        }, done)
      }
    })

    app.decorate('acquireRunSlot', async (subject) => {
      const { config, leases } = app.engine.current
      const claims = claimsFor(subject, config.limits.parallelRuns)
      return claims.length === 0 ? () => {} : acquireShared(claims, leases)
    })

    /** The store's word counts where there is one; where it says nothing, this machine's. @returns gives the places back */
    async function acquireShared(
      claims: readonly SlotClaim[],
      leases: Leases | undefined,
    ): Promise<(() => void) | undefined> {
      const lease = await leases?.acquire(claims)
      if (lease?.isGranted === false) return undefined
      // Counted along, for when the store goes.
      const counted = lease?.isGranted ? claims.map(unlimited) : claims
      if (!(await acquireOnMachine(counted))) {
        lease?.release()
        return undefined
      }
      return () => {
        lease?.release()
        if (workerPeers) workerPeers.release(keysOf(claims))
        else running.release(keysOf(claims))
      }
    }

    function acquireOnMachine(claims: readonly SlotClaim[]): boolean | Promise<boolean> {
      return workerPeers ? workerPeers.acquire(claims).catch(() => true) : running.acquire(claims)
    }
  },
  { name: 'parallel-runs', dependencies: ['auth', 'gateway', 'errors', 'workers'] },
)

/** What the request takes a place of; nothing where it is no run, or there is no limit. */
function claimsOf(request: FastifyRequest): readonly SlotClaim[] {
  const { parallelRuns } = request.gateway.config.limits
  if (request.method !== 'POST' || parallelRuns.identity + parallelRuns.component === 0) return []
  const runIds = targetOf(request)
  const component = RUN.test(runIds.path) ? targetComponent(runIds, request) : undefined
  const { caller, ip } = request
  return claimsFor({ caller, ip, component }, parallelRuns)
}

function claimsFor(
  subject: LimitSubject,
  limits: LimitsConfig['parallelRuns'],
): readonly SlotClaim[] {
  const { component } = subject
  if (component === undefined) return []
  const claims: SlotClaim[] = [
    [identityKey(subject), limits.identity],
    [`component ${component.kind}/${component.id}`, limits.component],
  ]
  return claims.filter(([, most]) => most > 0)
}

function keysOf(claims: readonly SlotClaim[]): string[] {
  return claims.map(([key]) => key)
}

/** The claim, granted however many there are. */
function unlimited([key]: SlotClaim): SlotClaim {
  return [key, Number.MAX_SAFE_INTEGER]
}

function tooManyRuns(): GatewayError {
  return new GatewayError('AGW_TOO_MANY_RUNS')
}
