/** Limits the open runs of one caller and of one component. */
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
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
     * Takes a slot for a run that starts on a WebSocket.
     *
     * @returns releases the slot; undefined where the limit is reached
     */
    acquireRunSlot(subject: LimitSubject): Promise<(() => void) | undefined>
  }
}

const RUN = /^\/(?:agents|teams|workflows)\/[^/]+\/runs(?:\/[^/]+\/continue)?$/

export default fp(
  async (app) => {
    const { workerPeers } = app
    const running = new KeyedCounter()

    const acquire: onRequestHookHandler = (request, reply, done) => {
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
          // The caller may have left while the store was asked.
          if (reply.raw.destroyed) release()
          else request.context.onClose(release)
          done()
        }, done)
      }
    }
    app.addHook('onRequest', acquire)
    app.admissionChecks.push(acquire)

    app.decorate('acquireRunSlot', async (subject) => {
      const { config, leases } = app.engine.current
      const claims = claimsFor(subject, config.limits.parallelRuns)
      return claims.length === 0 ? () => {} : acquireShared(claims, leases)
    })

    /**
     * The shared store decides where there is one; this process decides where the store does not answer. @returns
     * releases the slots
     */
    async function acquireShared(
      claims: readonly SlotClaim[],
      leases: Leases | undefined,
    ): Promise<(() => void) | undefined> {
      const lease = await leases?.acquire(claims)
      if (lease?.isGranted === false) return undefined
      // Counted in this process too, for a store that fails later.
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
  { name: 'parallel-runs', dependencies: ['auth', 'gateway', 'errors', 'workers', 'admission'] },
)

/** The slots that the request needs; none where it starts no run or no limit is set. */
function claimsOf(request: FastifyRequest): readonly SlotClaim[] {
  const { parallelRuns } = request.gateway.config.limits
  const { method = request.method } = request.context.target ?? {}
  if (method !== 'POST' || parallelRuns.identity + parallelRuns.component === 0) return []
  const target = targetOf(request)
  const component = RUN.test(target.path) ? targetComponent(target, request) : undefined
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

/** The claim without its limit, so that it is counted but never refused. */
function unlimited([key]: SlotClaim): SlotClaim {
  return [key, Number.MAX_SAFE_INTEGER]
}

function tooManyRuns(): GatewayError {
  return new GatewayError('AGW_TOO_MANY_RUNS')
}
