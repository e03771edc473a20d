/**
 * `app.admit()`: decides about a request whose body names the component, such as the request of a face. It runs the checks
 * that AgentOS's own routes run as hooks: scopes, limits of components, parallel runs.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { RequestTarget } from '../src/authorization/authorizer.ts'
import { GatewayError } from '../src/errors.ts'

/** A check that reads the request's target. Async, or a hook. */
export type AdmissionCheck = onRequestHookHandler | ((request: FastifyRequest) => Promise<void>)

declare module 'fastify' {
  interface FastifyInstance {
    /** Checks in the order of their execution. Plugins add theirs at registration. */
    readonly admissionChecks: AdmissionCheck[]
    /**
     * Sets the target of a request, once, and makes every check.
     *
     * @throws {GatewayError} `AGW_FORBIDDEN`, `AGW_RATE_LIMITED`, `AGW_TOO_MANY_RUNS`
     */
    admit(request: FastifyRequest, reply: FastifyReply, target: RequestTarget): Promise<void>
  }
}

export default fp(
  async (app) => {
    const checks: AdmissionCheck[] = []
    app.decorate('admissionChecks', checks)
    app.decorate('admit', async (request, reply, target) => {
      request.context.target = target
      try {
        for (const check of checks) await made(app, check, request, reply)
      } catch (error) {
        // A face may answer in a way that does not show the refusal, such as 404.
        if (error instanceof GatewayError) request.context.refusal = error
        throw error
      }
    })
  },
  { name: 'admission', dependencies: ['request-context'] },
)

async function made(
  app: FastifyInstance,
  check: AdmissionCheck,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const done = (error?: Error) => (error ? reject(error) : resolve())
  const checking: unknown = check.call(app, request, reply, done)
  await (checking instanceof Promise ? checking : promise)
}
