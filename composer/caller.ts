/** Reads the caller of a composer request, and selects the headers that members receive. */
import type { FastifyRequest } from 'fastify'

/** Gateways that a request has gone through: limits a composition that reaches itself through another gateway. */
export const DEPTH_HEADER = 'x-agentos-depth'
/** Most gateways that one run may go through. */
const MAX_DEPTH = 5
/** Headers of the caller's that members get as they are. */
const PASSED_ON = ['traceparent', 'tracestate', 'baggage'] as const

/** Identity and credentials of a run's caller. Held as long as the run, never stored. */
export interface Caller {
  /** The caller's bearer token. */
  readonly authToken: string | undefined
  /** Subject of the caller's token, which the gateway has verified. */
  readonly subject: string | undefined
  /** Headers of every request to a member. */
  readonly headers: Readonly<Record<string, string>>
  /** The request has gone through too many compositions. */
  readonly isTooDeep: boolean
}

/** Reads the headers that the gateway passed on. */
export function callerOf({ headers }: Pick<FastifyRequest, 'headers'>): Caller {
  const authToken = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const depth = Number(headers[DEPTH_HEADER] ?? 0) + 1
  const passed: Record<string, string> = { [DEPTH_HEADER]: String(depth) }
  for (const name of PASSED_ON) {
    const value = headers[name]
    if (typeof value === 'string') passed[name] = value
  }
  return {
    authToken,
    subject: authToken === undefined ? undefined : subjectOf(authToken),
    headers: passed,
    isTooDeep: !(depth <= MAX_DEPTH),
  }
}

/** Not verified here: the composer is reached through the gateway alone, which has. */
function subjectOf(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'),
    )
    const { sub } = claims as { sub?: unknown }
    return typeof sub === 'string' ? sub : undefined
  } catch {
    return undefined
  }
}
