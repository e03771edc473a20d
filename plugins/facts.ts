/** What is known of a request by the time it is over: filled in on the way, read by the access log and the metrics. */
import fp from 'fastify-plugin'
import type { ErrorCode } from '../src/errors.ts'
import type { RelayOutcome } from '../src/relay/relay.ts'

export interface RequestFacts {
  readonly startedAtMs: number
  upstream: string | undefined
  /** `agents/echo`, `teams/duo`; undefined where the request belongs to no component. */
  component: string | undefined
  outcome: RelayOutcome | undefined
  error: ErrorCode | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    facts: RequestFacts
  }
}

export default fp(
  async (app) => {
    app.decorateRequest('facts')
    app.addHook('onRequest', (request, _reply, done) => {
      request.facts = {
        startedAtMs: performance.now(),
        upstream: undefined,
        component: undefined,
        outcome: undefined,
        error: undefined,
      }
      done()
    })
  },
  { name: 'facts' },
)
