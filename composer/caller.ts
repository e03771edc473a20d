/** Reads the caller of a composer request, and selects the headers that members receive. */
import type { FastifyRequest } from 'fastify'
import { readIdentity } from '../src/auth/run-identity.ts'

/**
 * Header with the number of gateways on the request's path. It limits a composition that calls itself through a gateway.
 */
const DEPTH_HEADER = 'x-agentos-depth'
/** Largest number of gateways on one path. */
const MAX_DEPTH = 5
/** Headers of the caller's request that the gateway receives again with every call of a member. */
const PASSED_ON = ['traceparent', 'tracestate', 'baggage', 'x-forwarded-for'] as const

/** Identity and credentials of a run's caller. Kept in memory until the run ends, never stored. */
export interface Caller {
  /** The caller's bearer token, or the gateway's signed identity of a caller with an API key. */
  readonly authToken: string | undefined
  /** Subject of the caller's token, which the gateway has verified. */
  readonly subject: string | undefined
  /** Claims of that token; undefined where it has none. */
  readonly claims: Readonly<Record<string, unknown>> | undefined
  /** Name of the caller's API key at the gateway; undefined without one. */
  readonly key: string | undefined
  /** Headers of every request to a member. */
  readonly headers: Readonly<Record<string, string>>
  /** The request has passed more than {@link MAX_DEPTH} gateways. */
  readonly isTooDeep: boolean
}

/** Reads the headers that the gateway passed on. */
export function callerOf({ headers }: Pick<FastifyRequest, 'headers'>): Caller {
  const authToken = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const depth = depthIn(headers[DEPTH_HEADER]) + 1
  const passed: Record<string, string> = { [DEPTH_HEADER]: String(depth) }
  for (const name of PASSED_ON) {
    const value = headers[name]
    if (typeof value === 'string') passed[name] = value
  }
  const identity = authToken === undefined ? undefined : readIdentity(authToken)
  const claims = identity?.claims ?? (authToken === undefined ? undefined : claimsOf(authToken))
  return {
    authToken,
    subject: typeof claims?.['sub'] === 'string' ? claims['sub'] : undefined,
    claims,
    key: identity?.key,
    headers: passed,
    isTooDeep: !(depth <= MAX_DEPTH),
  }
}

/** NaN, which is too deep, for any text but digits: a caller may not send a depth below 0. */
function depthIn(value: string | readonly string[] = '0'): number {
  return /^\d+$/.test(String(value)) ? Number(value) : Number.NaN
}

/** Reads the claims without verification: the gateway in front of the composer has verified the token. */
function claimsOf(token: string): Record<string, unknown> | undefined {
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'),
    )
    return typeof claims === 'object' && claims !== null
      ? (claims as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
