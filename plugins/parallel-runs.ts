/** How many runs one caller, and one component, may have under way at a time. */
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'
import { askedBy, componentOf } from './asked.ts'
import { identityOf } from './rate-limit.ts'

const RUN = /^\/(?:agents|teams|workflows)\/[^/]+\/runs(?:\/[^/]+\/continue)?$/

export default fp(
  async (app) => {
    const underWay = new Map<string, number>()

    app.addHook('onRequest', (request, reply, done) => {
      const { identity, component } = request.gateway.config.limits.parallelRuns
      if (request.method !== 'POST' || identity + component === 0) {
        done()
        return
      }
      const asked = askedBy(request)
      const found = RUN.test(asked.path) ? componentOf(asked, request) : undefined
      if (found === undefined) {
        done()
        return
      }
      const limits: [string, number][] = [
        [identityOf(request), identity],
        [`component ${found.kind}/${found.id}`, component],
      ]
      const counted = limits.filter(([, most]) => most > 0)
      const { siblings } = app
      if (siblings) {
        const keys = counted.map(([key]) => key)
        siblings
          .take(counted)
          .catch(() => true)
          .then((isTaken) => {
            if (!isTaken) return done(tooMany())
            // The caller may have left meanwhile.
            if (reply.raw.destroyed) siblings.release(keys)
            else request.facts.closings.push(() => siblings.release(keys))
            done()
          }, done)
        return
      }
      if (counted.some(([key, most]) => (underWay.get(key) ?? 0) >= most)) {
        done(tooMany())
        return
      }
      for (const [key] of counted) underWay.set(key, (underWay.get(key) ?? 0) + 1)
      request.facts.closings.push(() => {
        for (const [key] of counted) release(key)
      })
      done()
    })

    function release(key: string): void {
      const left = (underWay.get(key) ?? 1) - 1
      if (left > 0) underWay.set(key, left)
      else underWay.delete(key)
    }
  },
  { name: 'parallel-runs', dependencies: ['auth', 'gateway', 'errors'] },
)

function tooMany(): GatewayError {
  return new GatewayError('AGW_TOO_MANY_RUNS', { headers: { 'retry-after': '1' } })
}
