/** Limits the tokens, the tool calls and the duration of single runs. Loads `src/run-limit` once a run has a limit. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { ComponentKind } from '../config/types.ts'
import type { Caller } from '../src/auth/caller.ts'
import { FORM } from '../src/relay/outgoing-body.ts'
import { runRouteOf, startsRun } from '../src/relay/sticky-replica.ts'
import type { CallerRequest } from '../src/relay/upstream-headers.ts'
import { upstreamHeaders } from '../src/relay/upstream-headers.ts'
import type { BaseRemote } from '../src/remote/base-remote.ts'
import { RunRequests } from '../src/remote/run-requests.ts'
import { targetComponent, targetOf } from '../src/request-target.ts'
import type { RunGuard, RunGuardOptions } from '../src/run-limit/run-guard.ts'
import type { SocketGuard } from '../src/socket/open-runs.ts'
import type { Tap } from '../src/upstream/exchange.ts'
import type { Upstream } from '../src/upstream/upstream.ts'
import type { Destination } from './forward.ts'

/** A run of the workflow WebSocket. */
interface SocketRun {
  readonly caller: Caller
  readonly component: { readonly kind: ComponentKind; readonly id: string } | undefined
  readonly upstream: Upstream
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Begins to guard the run that a request starts or continues; undefined for a run without a limit. */
    guardFor(request: FastifyRequest, destination: Destination): Promise<Tap | undefined>
    /** Begins to guard a run of the workflow WebSocket; undefined for a run without a limit. */
    guardSocketRun(request: FastifyRequest, run: SocketRun): Promise<SocketGuard | undefined>
  }
}

export default fp(
  async (app) => {
    const unwatched = new Set<RunGuard>()
    app.addHook('onClose', async () => {
      for (const guard of unwatched) guard.close()
    })

    app.decorate('guardFor', async (request, destination) => {
      if (!request.gateway.config.limits.hasRunLimits) return undefined
      const { path, upstream, method = request.method } = destination
      const route = runRouteOf(path)
      if (route === undefined || !startsRun(method, route)) return undefined
      const remote = remoteOf(request, destination)
      const { context } = request
      const guarded = await guardOptions(app, { request, upstream, remote, component: remote })
      if (guarded === undefined) return undefined
      const { GuardedRun } = await import('../src/run-limit/guarded-response.ts')
      const { onDisconnect = remote?.onDisconnect } = destination
      const run = new GuardedRun({
        ...guarded,
        unwatched,
        onExceeded: (limit) => {
          // AgentOS ends the response normally, so the log and the metrics would not show it.
          context.error = 'AGW_RUN_LIMIT'
          report(app, request, { upstream, component: context.component, limit })
        },
        // AgentOS continues the run without its caller, so the gateway reads on and counts.
        onBackground: () => {
          if (onDisconnect !== 'cancel') context.isDetaching = true
        },
      })
      context.onEnd(() => run.guard.end())
      return (receiver) => run.tap(receiver)
    })

    app.decorate('guardSocketRun', async (request, { caller, component, upstream }) => {
      const found =
        component && app.engine.current.discovery.current.remote(component.kind, component.id)
      const remote = found?.upstream === upstream ? found : undefined
      const guarded = await guardOptions(app, { request, caller, upstream, remote, component })
      if (guarded === undefined) return undefined
      const { GuardedSocketRun } = await import('../src/run-limit/socket-run.ts')
      return new GuardedSocketRun({
        ...guarded,
        unwatched,
        onExceeded: (limit) => {
          app.traffic.error('AGW_RUN_LIMIT', upstream.name)
          const name = component && `${component.kind}/${component.id}`
          report(app, request, { upstream, component: name, limit })
        },
      })
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

interface StartedRun {
  readonly request: FastifyRequest
  /** Sender of a message of a WebSocket. Default: the sender of the request. */
  readonly caller?: Caller
  readonly upstream: Upstream
  readonly remote: BaseRemote | undefined
  readonly component: SocketRun['component']
}

/** The limit of a run, and how to read and cancel it; undefined for a run without a limit. */
async function guardOptions(
  app: FastifyInstance,
  { request, caller = request.caller, upstream, remote, component }: StartedRun,
): Promise<Pick<RunGuardOptions, 'limit' | 'cancel' | 'read'> | undefined> {
  const { runLimitOf } = await import('../src/run-limit/limits.ts')
  const { config } = app.engine.current
  const limit = runLimitOf(config, { component, upstream: upstream.name })
  if (limit === undefined) return undefined
  const { runReader } = await import('../src/usage/run-reader.ts')
  const { id, raw, socket, ips, protocol, host, gateway } = request
  const sender: CallerRequest = { id, raw, socket, ips, protocol, host, gateway, caller }
  const place = { upstream: upstream.name, path: `${remote?.path ?? ''}/runs` }
  return {
    limit,
    read: runReader(sender, place, () => app.engine.current),
    cancel: async ({ runId, sessionId }) => {
      const current = remote && currentRemote(app, remote)
      if (current === undefined) return
      const requests = new RunRequests({
        remote: current,
        headers: () => upstreamHeaders(sender, current.upstream, { replacedBody: FORM }),
        attempts: 0,
        resumedFrom: undefined,
        trace: request.context.trace,
      })
      const owner = await app.engine.current.affinity.find('run', current.upstream, runId)
      await requests.cancel(runId, { replicaUrl: owner?.url ?? '' }, sessionId)
    },
  }
}

/** The remote of the engine in force: a reload may have replaced it since the run began. */
function currentRemote({ engine }: FastifyInstance, remote: BaseRemote): BaseRemote {
  const { kind, id, upstream } = remote
  const found = engine.current.discovery.current.remote(kind, id)
  return found?.upstream.name === upstream.name ? found : remote
}

function report(
  { logs }: FastifyInstance,
  { id: requestId }: FastifyRequest,
  { upstream, ...about }: { upstream: Upstream; component: string | undefined; limit: string },
): void {
  logs.gateway.warn({ upstream: upstream.name, ...about, requestId }, 'run stopped')
}
