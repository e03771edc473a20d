/** Limits the tokens, the tool calls and the duration of single runs. Loads `src/run-limit` once a run has a limit. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { RunLimit } from '../config/types.ts'
import { FORM } from '../src/relay/outgoing-body.ts'
import { runRouteOf, startsRun } from '../src/relay/sticky-replica.ts'
import { upstreamHeaders } from '../src/relay/upstream-headers.ts'
import type { BaseRemote } from '../src/remote/base-remote.ts'
import { RunRequests } from '../src/remote/run-requests.ts'
import { targetComponent, targetOf } from '../src/request-target.ts'
import type { Tap } from './budgets.ts'
import type { Destination } from './forward.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Begins to guard the run that a request starts or continues; undefined for a run without a limit. */
    guardFor(request: FastifyRequest, destination: Destination): Promise<Tap | undefined>
  }
}

export default fp(
  async (app) => {
    app.decorate('guardFor', async (request, destination) => {
      const { config } = request.gateway
      if (!config.limits.hasRunLimits) return undefined
      const { path, upstream, method = request.method } = destination
      const route = runRouteOf(path)
      if (route === undefined || !startsRun(method, route)) return undefined
      const remote = remoteOf(request, destination)
      const run = { component: remote, upstream: upstream.name }
      const { runLimitOf } = await import('../src/run-limit/limits.ts')
      const limit = runLimitOf(config, run)
      return limit && guard(app, request, { limit, destination, remote })
    })
  },
  { name: 'run-limit', dependencies: ['gateway', 'logs', 'request-context'] },
)

/** The component of the request, also for a path below `/upstreams/{name}`. */
function remoteOf(
  request: FastifyRequest,
  { remote, upstream }: Destination,
): BaseRemote | undefined {
  if (remote) return remote
  const { kind, id } = targetComponent(targetOf(request), request) ?? {}
  const found = kind && id ? request.gateway.discovery.current.remote(kind, id) : undefined
  return found?.upstream === upstream ? found : undefined
}

interface GuardedRun {
  readonly limit: RunLimit
  readonly destination: Destination
  readonly remote: BaseRemote | undefined
}

async function guard(
  app: FastifyInstance,
  request: FastifyRequest,
  { limit, destination: { upstream }, remote }: GuardedRun,
): Promise<Tap> {
  const { RunGuard } = await import('../src/run-limit/run-guard.ts')
  const requests =
    remote &&
    new RunRequests({
      remote,
      headers: () => upstreamHeaders(request, upstream, { replacedBody: FORM }),
      attempts: 0,
      resumedFrom: undefined,
      trace: request.context.trace,
    })
  const running = new RunGuard({
    limit,
    cancel: async ({ runId, head, sessionId }) => requests?.cancel(runId, head, sessionId),
    onExceeded: (exceeded) => {
      const { context, id: requestId } = request
      // AgentOS ends the response normally, so the log and the metrics would not show it.
      context.error = 'AGW_RUN_LIMIT'
      const { component } = context
      const line = { upstream: upstream.name, component, limit: exceeded, requestId }
      app.logs.gateway.warn(line, 'run stopped')
    },
  })
  request.context.onEnd(() => running.close())
  return (receiver) => running.tap(receiver)
}
