/** Limits the open runs of one caller and of one component. Budgets decide before, at the same place. */
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { LimitsConfig } from '../config/types.ts'
import { componentsNamed } from '../src/authorization/named-components.ts'
import { GatewayError } from '../src/errors.ts'
import type { SlotClaim } from '../src/limits/keyed-counter.ts'
import { KeyedCounter } from '../src/limits/keyed-counter.ts'
import { readableObject } from '../src/parameters/json-object.ts'
import { peekBody } from '../src/relay/request-body.ts'
import { targetOf } from '../src/request-target.ts'
import { startedRun } from '../src/started-run.ts'
import type { Leases } from '../src/store/leases.ts'
import type { LimitSubject } from './rate-limit.ts'
import { identityKey } from './rate-limit.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Acquires a slot for a run that starts on a WebSocket.
     *
     * @returns releases the slot; undefined when the limit is reached
     */
    acquireRunSlot(subject: LimitSubject): Promise<(() => void) | undefined>
  }
}

/** Largest body of an evaluation that is read to find the components it runs. */
const MOST_READ_BYTES = 1024 * 1024
const EVALUATED_KINDS = { agent_id: 'agents', team_id: 'teams' } as const
const EVALUATED: ReadonlySet<string> = new Set(Object.keys(EVALUATED_KINDS))

export default fp(
  async (app) => {
    const { workerPeers } = app
    const running = new KeyedCounter()

    const acquire: onRequestHookHandler = (request, reply, done) => {
      if (request.gateway.config.budgets.length === 0) {
        acquireFor(claimsOf(request), request, reply, done)
        return
      }
      // A run that its budgets refuse takes no slot.
      const acquireNext = () => acquireFor(claimsOf(request), request, reply, done)
      app.admitToBudgets(request, reply).then(acquireNext, done)
    }
    app.addHook('onRequest', acquire)
    app.admissionChecks.push(acquire)

    app.addHook('preHandler', (request, reply, done) => {
      if (!isLimitedEvaluation(request)) return done()
      claimsInBody(request).then((claims) => acquireFor(claims, request, reply, done), done)
    })

    /** The slots are released with the response. */
    function acquireFor(
      claims: readonly SlotClaim[],
      request: FastifyRequest,
      reply: FastifyReply,
      done: (error?: Error) => void,
    ): void {
      const { leases } = request.gateway
      if (claims.length === 0) done()
      else if (leases === undefined && workerPeers === undefined) {
        if (!running.acquire(claims)) {
          done(tooManyRuns())
          return
        }
        request.context.onEnd(() => running.release(keysOf(claims)))
        done()
      } else {
        acquireShared(claims, leases).then((release) => {
          if (release === undefined) return done(tooManyRuns())
          // The caller may have disconnected during the query to the store.
          if (reply.raw.destroyed) release()
          else request.context.onEnd(release)
          done()
        }, done)
      }
    }

    app.decorate('acquireRunSlot', async (subject) => {
      const { config, leases } = app.engine.current
      const { component } = subject
      const key = component && `${component.kind}/${component.id}`
      const claims = key === undefined ? [] : claimsFor(subject, key, config.limits.parallelRuns)
      return claims.length === 0 ? () => {} : acquireShared(claims, leases)
    })

    /** Acquires slots in the shared store; in this process if the store does not answer. @returns releases the slots */
    async function acquireShared(
      claims: readonly SlotClaim[],
      leases: Leases | undefined,
    ): Promise<(() => void) | undefined> {
      const lease = await leases?.acquire(claims)
      if (lease?.isGranted === false) return undefined
      // Also counted in this process, in case the store fails later.
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
  {
    name: 'parallel-runs',
    dependencies: ['auth', 'gateway', 'errors', 'workers', 'admission', 'budgets'],
  },
)

/** Slots of the request; none if it starts no run or no limit is set. */
function claimsOf(request: FastifyRequest): readonly SlotClaim[] {
  const { parallelRuns } = request.gateway.config.limits
  if (parallelRuns.identity + parallelRuns.component === 0) return []
  const { face, target } = request.context
  // The run of a face's request is known once the request is admitted.
  if (face !== undefined && target === undefined) return []
  const run = startedRun(targetOf(request), request)
  return run ? claimsFor(request, run.component, parallelRuns) : []
}

function isLimitedEvaluation(request: FastifyRequest): boolean {
  const { component } = request.gateway.config.limits.parallelRuns
  if (component === 0) return false
  const { method, path } = targetOf(request)
  return method === 'POST' && path === '/eval-runs'
}

/**
 * The slots of the components that an evaluation runs. The slot of its caller is taken with the head.
 *
 * @throws {GatewayError} `AGW_BODY_INVALID` for a body that only AgentOS can read; `AGW_BODY_TOO_LARGE`
 */
async function claimsInBody(request: FastifyRequest): Promise<readonly SlotClaim[]> {
  const { config, discovery } = request.gateway
  const mostBytes = Math.min(config.limits.jsonBodyBytes, MOST_READ_BYTES)
  const fields = readableObject(await peekBody(request.raw, mostBytes), EVALUATED) ?? {}
  const { relayedTo } = targetOf(request)
  const { current: catalogue } = discovery
  const { handlesChosenUpstream: isTranslated = false } = request.routeOptions.config
  const upstreams = relayedTo ? [relayedTo] : catalogue.agentOses
  return Object.entries(EVALUATED_KINDS).flatMap(([member, kind]) => {
    const name = fields[member]
    if (typeof name !== 'string') return []
    const named = componentsNamed({ kind, name }, { upstreams, isTranslated, catalogue })
    const id = named.find((each) => each.id !== null)?.id ?? name
    return [[`component ${kind}/${id}`, config.limits.parallelRuns.component] as const]
  })
}

function claimsFor(
  subject: Pick<LimitSubject, 'caller' | 'ip'>,
  component: string | undefined,
  limits: LimitsConfig['parallelRuns'],
): readonly SlotClaim[] {
  const claims: SlotClaim[] = [[identityKey(subject), limits.identity]]
  if (component !== undefined) claims.push([`component ${component}`, limits.component])
  return claims.filter(([, most]) => most > 0)
}

function keysOf(claims: readonly SlotClaim[]): string[] {
  return claims.map(([key]) => key)
}

/** Removes the limit, so that the claim is counted and never refused. */
function unlimited([key]: SlotClaim): SlotClaim {
  return [key, Number.MAX_SAFE_INTEGER]
}

function tooManyRuns(): GatewayError {
  return new GatewayError('AGW_TOO_MANY_RUNS')
}
