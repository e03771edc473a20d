/** Builds the composer's HTTP application: an AgentOS-compatible server for composed teams and workflows. */
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import fastify, { LogController } from 'fastify'
import type { CompositionConfig } from '../config/composition-types.ts'
import { nowSeconds } from '../src/compose/ids.ts'
import type { ComposeStore } from '../src/compose/store.ts'
import type { ComposerContext } from './context.ts'
import { makeDefinitions } from './definitions.ts'
import { HttpError } from './http-error.ts'
import { osRoutes } from './routes/os.ts'
import { runRoutes } from './routes/runs.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { Runs } from './runs.ts'

/** Largest request body, in bytes: a run's form is held in memory. */
const MAX_BODY_BYTES = 10 * 1024 * 1024
/** Interval of the search for old sessions. */
const PRUNE_INTERVAL_MS = 3_600_000

/** Parts of a composer. */
export interface ComposerOptions {
  readonly composition: CompositionConfig
  /** URL of the gateway that serves the members. */
  readonly gatewayUrl: string
  readonly store: ComposeStore
  readonly logger: FastifyBaseLogger
}

/** A composer, ready to listen. */
export interface Composer {
  readonly app: FastifyInstance
  /** Puts new definitions in force; runs in progress keep the old ones. @throws for invalid definitions */
  reload(composition: CompositionConfig): void
  /** Stops every run, closes the server and the store. */
  close(): Promise<void>
}

/** @throws {ExpressionError} when an expression is not valid CEL */
export function buildComposer(options: ComposerOptions): Composer {
  const { gatewayUrl, store, logger, composition } = options
  let definitions = makeDefinitions(composition, gatewayUrl)
  let keepMs = composition.composer.keepMs
  const runs = new Runs(store, (error, runId) => {
    logger.error({ err: error, runId }, 'a composed run broke off')
  })
  const failed = runs.failUnfinished()
  if (failed > 0)
    logger.warn({ runs: failed }, 'ended runs that a composer before left in progress')
  const context: ComposerContext = {
    store,
    runs,
    id: 'composer',
    definitions: () => definitions,
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
  app.get('/metrics', async () => ({ metrics: [], updated_at: null }))
  const prune = () => store.prune(nowSeconds() - Math.floor(keepMs / 1000))
  const pruning = setInterval(prune, PRUNE_INTERVAL_MS).unref()
  return {
    app,
    reload: (changed) => {
      const before = definitions
      definitions = makeDefinitions(changed, gatewayUrl)
      keepMs = changed.composer.keepMs
      void before.close()
    },
    close: async () => {
      clearInterval(pruning)
      await runs.drain()
      await app.close()
      await definitions.close()
      store.close()
    },
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
