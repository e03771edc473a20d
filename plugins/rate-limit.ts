/** Counts requests, each limit of the configuration in force by itself. Addresses are counted before anybody is asked who they are. */
import type { FastifyRateLimitStore } from '@fastify/rate-limit'
import rateLimitPlugin from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { GatewayConfig, RateLimit } from '../config/types.ts'
import { GatewayError } from '../src/errors.ts'
import type { Counter } from '../src/store/counter.ts'
import { askedBy, componentOf } from './asked.ts'
import { choiceOf } from './choose-upstream.ts'
import { networkOf } from './network.ts'

type Limiter = (request: FastifyRequest) => Promise<{ isExceeded: boolean; ttlInSeconds: number }>

/** Asked again and again by whoever watches the gateway. */
const UNCOUNTED = new Set(['/health', '/gateway/metrics'])

export default fp<{ by: readonly RateLimit['by'][] }>(
  async (app, { by }) => {
    if (!app.hasDecorator('createRateLimit')) {
      const store = countingWith(() => app.engine.current.counter)
      await app.register(rateLimitPlugin, { global: false, store })
    }
    const limiters = new WeakMap<GatewayConfig, Limiter[]>()
    const limitersOf = (config: GatewayConfig): Limiter[] => {
      const known = limiters.get(config)
      if (known) return known
      const made = config.limits.rateLimits
        .filter((limit) => by.includes(limit.by))
        .map((limit) => limiter(limit))
      limiters.set(config, made)
      return made
    }

    function limiter({ max, windowMs, by: counted }: RateLimit): Limiter {
      const check = app.createRateLimit({
        max,
        timeWindow: windowMs,
        keyGenerator: (request) => `${counted} ${max} ${windowMs} ${KEYS[counted](request)}`,
      })
      return async (request) => {
        if (KEYS[counted](request) === undefined) return { isExceeded: false, ttlInSeconds: 0 }
        const result = await check(request)
        return result.isAllowed ? { isExceeded: false, ttlInSeconds: 0 } : result
      }
    }

    app.addHook('onRequest', async (request) => {
      const own = limitersOf(request.gateway.config)
      if (own.length === 0 || isUncounted(request)) return
      for (const check of own) {
        const { isExceeded, ttlInSeconds } = await check(request)
        if (!isExceeded) continue
        throw new GatewayError('AGW_RATE_LIMITED', {
          headers: { 'retry-after': String(Math.max(1, ttlInSeconds)) },
        })
      }
    })
  },
  { name: 'rate-limit', dependencies: ['gateway', 'errors'] },
)

/** The plugin's own stores know no other gateway, or fail with theirs. Counts go on with a reload. */
function countingWith(counter: () => Counter) {
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

/** What requests are counted by; undefined for those that don't count. */
const KEYS: Readonly<Record<RateLimit['by'], (request: FastifyRequest) => string | undefined>> = {
  address: ({ ip }) => networkOf(ip),
  identity: identityOf,
  component: (request) => {
    const found = componentOf(askedBy(request), request)
    return found && `${found.kind}/${found.id}`
  },
}

/** An upstream's own health is a request like any other. */
function isUncounted(request: FastifyRequest): boolean {
  return UNCOUNTED.has(request.routeOptions.url ?? '') && choiceOf(request) === undefined
}

/** Who calls, whatever token they bring this time. A token that nobody has checked could be another each time. */
export function identityOf({ caller, ip }: Pick<FastifyRequest, 'caller' | 'ip'>): string {
  const { claims, digest, kind } = caller
  if (claims?.sub !== undefined) return `sub ${claims.sub}`
  return kind === 'verified' || kind === 'root' ? `token ${digest}` : `address ${networkOf(ip)}`
}
