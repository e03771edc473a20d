/** Builds the composer's HTTP application: an AgentOS-compatible server for composed teams and workflows. */
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import fastify, { LogController } from 'fastify'
import type { CompositionConfig } from '../config/composition-types.ts'
import { nowSeconds } from '../src/compose/ids.ts'
import type { ComposeStore } from '../src/compose/store.ts'
import type { ComposedTraffic } from '../src/metrics/composed-traffic.ts'
import type { Tracing } from '../src/tracing/tracing.ts'
import type { RunOutput } from '../src/usage/answer-reader.ts'
import { tokensOf } from '../src/usage/run-tokens.ts'
import type { AdminScope } from './access.ts'
import { belongsTo, isRunOf, onlyUser } from './access.ts'
import { callerOf } from './caller.ts'
import type { ComposerContext } from './context.ts'
import { makeDefinitions } from './definitions.ts'
import type { GatewayAddress } from './gateway-upstream.ts'
import { gatewayUpstream } from './gateway-upstream.ts'
import { HttpError } from './http-error.ts'
import { MemberSessions } from './member-sessions.ts'
import { Recovery } from './recovery.ts'
import { osRoutes } from './routes/os.ts'
import { runRoutes } from './routes/runs.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { workflowSocket } from './routes/workflow-socket.ts'
import { requestOf } from './run-request.ts'
import { Runs } from './runs.ts'

/** Largest request body, in bytes: a run's form is held in memory. */
const MAX_BODY_BYTES = 10 * 1024 * 1024
/** Interval of the search for old sessions. */
const PRUNE_INTERVAL_MS = 3_600_000
const BYTES_PER_MB = 1024 * 1024

/** Parts of a composer. */
export interface ComposerOptions {
  readonly composition: CompositionConfig
  /** The gateway that serves the members. */
  readonly gateway: GatewayAddress
  readonly store: ComposeStore
  readonly logger: FastifyBaseLogger
  /** Gets one line for each composed run. Default: `logger`. */
  readonly accessLog?: Pick<FastifyBaseLogger, 'info'> | undefined
  /** Traces runs and their members. Default: no tracing. */
  readonly tracing?: Tracing | undefined
  /** Counts member runs. Default: none, because the gateway counts the calls of its own composer. */
  readonly traffic?: ComposedTraffic | undefined
  /** How often this composer has been started again. Default 0. */
  readonly restarts?: number | undefined
  /** Signs the identity of callers whose runs are continued. Default: their runs continue without an identity. */
  readonly key?: string | undefined
  /** Default: AgentOS's own names. */
  readonly admin?: AdminScope | undefined
}

/** AgentOS's names. */
const DEFAULT_ADMIN: AdminScope = { scopesClaim: 'scopes', adminScope: 'agent_os:admin' }

/** A composer, ready to listen. */
export interface Composer {
  readonly app: FastifyInstance
  /** Puts new definitions in force; runs in progress keep the old ones. @throws for invalid definitions */
  reload(composition: CompositionConfig): void
  readonly runs: Runs
  /** Leaves the runs in progress to the next composer. Their responses stay open. */
  suspend(): Promise<void>
  /** Suspends the runs, closes the server and the store. */
  close(): Promise<void>
}

/** @throws {ExpressionError} when an expression is not valid CEL */
export function buildComposer(options: ComposerOptions): Composer {
  const { store, logger, composition, key, admin = DEFAULT_ADMIN } = options
  const { accessLog = logger } = options
  const gateway = gatewayUpstream(options.gateway)
  let definitions = makeDefinitions(composition, gateway)
  let keepMs = composition.composer.keepMs
  const runs = new Runs(store, {
    tracing: options.tracing,
    onMember: (composed, { kind, id }, output) => {
      const component = `${kind}/${id}`
      const upstream = definitions.upstreamOf(component)
      const tokens = tokensOf(output as RunOutput | undefined)
      options.traffic?.run({ composed, upstream, component }, tokens)
    },
    key,
    onFailure: (error, runId) => {
      logger.error({ err: error, runId }, 'a composed run failed without an output')
    },
    onEnd: (summary) => accessLog.info(summary, 'composed run'),
  })
  const find = (kind: 'teams' | 'workflows', id: string) => {
    const component = definitions[kind].get(id)
    return component && { component, version: definitions.version(kind, id) }
  }
  const assertOpen = () => {
    if (runs.isSuspended) throw new HttpError(503, 'The composer is shutting down')
  }
  const memberSessions = new MemberSessions({
    gateway,
    store,
    logger,
    definitions: () => definitions,
  })
  const context: ComposerContext = {
    store,
    runs,
    memberSessions,
    id: 'composer',
    definitions: () => definitions,
    admin,
    ownRun: async (runId, { kind, id: componentId }, caller) => {
      const run = await store.run(runId)
      const isMeant = run !== undefined && isRunOf(run, { kind, componentId })
      if (isMeant && belongsTo(run, onlyUser(caller, admin))) return run
      throw new HttpError(404, 'Run not found')
    },
    userOf: (request) => onlyUser(callerOf(request), admin),
    version: (kind, id) => definitions.version(kind, id),
    start: async (request) => {
      assertOpen()
      const { sessionId, caller } = request
      const session = sessionId === undefined ? undefined : await store.session(sessionId)
      const isForeign = session && !belongsTo(session, onlyUser(caller, admin))
      if (isForeign) throw new HttpError(404, 'Session not found')
      const live = await runs.start(request)
      if (live) return live
      throw new HttpError(409, `Run ${request.runId} exists already`)
    },
    continue: async (run, component, continuation) => {
      assertOpen()
      const { version } = requestOf(run)
      if (version !== undefined && version !== definitions.version(run.kind, run.componentId)) {
        throw new HttpError(409, `The definition of ${run.componentId} has changed since the pause`)
      }
      const live = await runs.continue(run, component, continuation)
      if (live) return live
      throw new HttpError(409, `Run ${run.runId} is not paused`)
    },
    component: (kind, id) => {
      const found = definitions[kind].get(id)
      if (found) return found
      throw new HttpError(404, kind === 'teams' ? 'Team not found' : 'Workflow not found')
    },
  }
  const app = makeApp(logger)
  osRoutes(app, context)
  runRoutes(app, 'teams', context)
  runRoutes(app, 'workflows', context)
  sessionRoutes(app, context)
  workflowSocket(app, context)
  app.get('/composer/status', async () => composerStatus(runs, options))
  app.get('/metrics', async () => ({ metrics: [], updated_at: null }))
  const recovery = new Recovery({ store, runs, logger, find })
  const prune = () => store.prune(nowSeconds() - Math.floor(keepMs / 1000))
  const pruning = setInterval(() => void prune().catch(onPruneFailure), PRUNE_INTERVAL_MS).unref()
  const onPruneFailure = (error: unknown) =>
    logger.error({ err: error }, 'old sessions could not be deleted')
  const suspend = async () => {
    await recovery.stop()
    await runs.suspend()
  }
  return {
    app,
    runs,
    reload: (changed) => {
      definitions = makeDefinitions(changed, gateway)
      keepMs = changed.composer.keepMs
    },
    suspend,
    close: async () => {
      clearInterval(pruning)
      await suspend()
      await app.close()
      await gateway.close()
      await store.close()
    },
  }
}

/** Read by `/gateway/status`. */
function composerStatus(runs: Runs, { restarts = 0, store }: ComposerOptions) {
  return {
    pid: process.pid,
    restarts,
    uptime_seconds: Math.round(process.uptime()),
    memory_mb: Math.round(process.memoryUsage.rss() / BYTES_PER_MB),
    runs: runs.size,
    durable: store.isDurable,
  }
}

/** Bodies stay bytes: form.ts parses them. Errors have AgentOS's form. */
function makeApp(logger: FastifyBaseLogger): FastifyInstance {
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: 1_024 },
    forceCloseConnections: true,
  }) as unknown as FastifyInstance
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ detail: 'Not Found' }))
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error instanceof HttpError) return reply.code(error.status).send({ detail: error.detail })
    const status = error.statusCode ?? 500
    if (status >= 500) request.log.error({ err: error }, 'unexpected error')
    const detail = status >= 500 ? 'Internal server error' : error.message
    return reply.code(status).send({ detail })
  })
  return app
}
