/**
 * Applies the request rate limits. Limits by address are checked before authentication, limits by identity and component
 * after it.
 */
import type { FastifyRateLimitStore } from '@fastify/rate-limit'
import rateLimitPlugin from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { GatewayConfig, RateLimit } from '../config/types.ts'
import type { TargetComponent } from '../src/authorization/authorizer.ts'
import { GatewayError } from '../src/errors.ts'
import { addressKey } from '../src/limits/address-key.ts'
import { chosenName, targetComponent, targetOf } from '../src/request-target.ts'
import type { Counter } from '../src/store/counter.ts'

type Limiter = (request: FastifyRequest) => Promise<{ isExceeded: boolean; ttlInSeconds: number }>

/** Caller and component of a use that is not an HTTP request, such as a WebSocket message. */
export interface LimitSubject extends Pick<FastifyRequest, 'caller' | 'ip'> {
  readonly component: TargetComponent | undefined
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts a WebSocket message as its HTTP request. @returns whether it exceeds a limit */
    countsOverLimit(subject: LimitSubject): Promise<boolean>
  }
}

/** Monitoring polls these paths, so they are not counted. */
const UNCOUNTED = new Set(['/health', '/gateway/metrics'])

export default fp<{ by: readonly RateLimit['by'][] }>(
  async (app, { by }) => {
    if (!app.hasDecorator('createRateLimit')) {
      const store = counterStore(() => app.engine.current.counter)
      await app.register(rateLimitPlugin, { global: false, store })
      app.decorate('countsOverLimit', countsOverLimit)
    }
    const limitersOf = cachedLimiters(by)
    const componentLimitersOf = cachedLimiters(['component'])

    function cachedLimiters(counted: readonly RateLimit['by'][]) {
      const limiters = new WeakMap<GatewayConfig, Limiter[]>()
      return (config: GatewayConfig): Limiter[] => {
        const known = limiters.get(config)
        if (known) return known
        const made = config.limits.rateLimits
          .filter((limit) => counted.includes(limit.by))
          .map((limit) => limiter(limit))
        limiters.set(config, made)
        return made
      }
    }

    function limiter({ max, windowMs, by: criterion }: RateLimit): Limiter {
      const check = app.createRateLimit({
        max,
        timeWindow: windowMs,
        keyGenerator: (request) =>
          `${criterion} ${max} ${windowMs} ${KEYS[criterion](subjectOf(request))}`,
      })
      return async (request) => {
        if (KEYS[criterion](subjectOf(request)) === undefined)
          return { isExceeded: false, ttlInSeconds: 0 }
        const result = await check(request)
        return result.isAllowed ? { isExceeded: false, ttlInSeconds: 0 } : result
      }
    }

    async function countsOverLimit(subject: LimitSubject): Promise<boolean> {
      const { counter, config } = app.engine.current
      for (const { by: counted, max, windowMs } of config.limits.rateLimits) {
        const key = KEYS[counted](subject)
        if (key === undefined) continue
        const { count } = await counter.count(`${counted} ${max} ${windowMs} ${key}`, windowMs)
        if (count > max) return true
      }
      return false
    }

    app.addHook('onRequest', (request, _reply, done) => {
      const own = limitersOf(request.gateway.config)
      if (own.length === 0 || isUncounted(request)) done()
      else assertWithin(own, request).then(() => done(), done)
    })
    if (!by.includes('component')) return
    // A face's request has already been counted for its caller, with any body.
    app.admissionChecks.push((request: FastifyRequest) =>
      assertWithin(componentLimitersOf(request.gateway.config), request),
    )
  },
  { name: 'rate-limit', dependencies: ['gateway', 'errors', 'admission'] },
)

/** @throws {GatewayError} `AGW_RATE_LIMITED` */
async function assertWithin(limits: readonly Limiter[], request: FastifyRequest): Promise<void> {
  for (const check of limits) {
    const { isExceeded, ttlInSeconds } = await check(request)
    if (!isExceeded) continue
    throw new GatewayError('AGW_RATE_LIMITED', {
      headers: { 'retry-after': String(Math.max(1, ttlInSeconds)) },
    })
  }
}

/** The plugin's own stores are not shared between gateways, and fail with their server. Counts survive a reload. */
function counterStore(counter: () => Counter) {
  return class CounterStore implements FastifyRateLimitStore {
    incr(
      key: string,
      done: (error: Error | null, result?: { current: number; ttl: number }) => void,
      windowMs: number,
    ): void {
      void counter()
        .count(key, windowMs)
        .then(({ count, leftMs }) => done(null, { current: count, ttl: leftMs }))
    }

    child(): CounterStore {
      return this
    }
  }
}

/** The key that each kind of limit counts by; undefined for requests that are not counted. */
const KEYS: Readonly<Record<RateLimit['by'], (subject: LimitSubject) => string | undefined>> = {
  address: ({ ip }) => addressKey(ip),
  identity: identityKey,
  component: ({ component }) => component && `${component.kind}/${component.id}`,
}

function subjectOf(request: FastifyRequest): LimitSubject {
  const { caller, ip } = request
  return {
    caller,
    ip,
    get component() {
      return targetComponent(targetOf(request), request)
    },
  }
}

/** The health of a named upstream is relayed, so it is counted. */
function isUncounted(request: FastifyRequest): boolean {
  return UNCOUNTED.has(request.context.route) && chosenName(request) === undefined
}

/**
 * The key of a caller: its verified name, else the address. An unverified token is no key, because a caller can change
 * it at will.
 */
export function identityKey({ caller, ip }: Pick<FastifyRequest, 'caller' | 'ip'>): string {
  return caller.principal ?? `address ${addressKey(ip)}`
}
