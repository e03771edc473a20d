/** Builds the server: registers plugins and routes in the order in which a request passes them. */

import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import fastify, { LogController } from 'fastify'
import type { ConfigReport } from './config/report.ts'
import type { GatewayConfig, ListenTls } from './config/types.ts'
import accessLog from './plugins/access-log.ts'
import admission from './plugins/admission.ts'
import auth from './plugins/auth.ts'
import authorization from './plugins/authorization.ts'
import bodyTimeout from './plugins/body-timeout.ts'
import budgets from './plugins/budgets.ts'
import chooseUpstream from './plugins/choose-upstream.ts'
import { clientErrorHandler, refuseConnect } from './plugins/client-error.ts'
import connectionLimit from './plugins/connection-limit.ts'
import contentType from './plugins/content-type.ts'
import cors from './plugins/cors.ts'
import draining from './plugins/draining.ts'
import errors, { sendFrameworkError } from './plugins/errors.ts'
import forward from './plugins/forward.ts'
import gatewayPlugin from './plugins/gateway.ts'
import headGuard from './plugins/head-guard.ts'
import jsonCharset from './plugins/json-charset.ts'
import listener from './plugins/listener.ts'
import type { Logs } from './plugins/logs.ts'
import logsPlugin from './plugins/logs.ts'
import loopGuard from './plugins/loop-guard.ts'
import memberListener from './plugins/member-listener.ts'
import metrics from './plugins/metrics.ts'
import parallelRuns from './plugins/parallel-runs.ts'
import pipelining from './plugins/pipelining.ts'
import rateLimit from './plugins/rate-limit.ts'
import reload from './plugins/reload.ts'
import requestContext from './plugins/request-context.ts'
import requestId, { requestIds } from './plugins/request-id.ts'
import runLimit from './plugins/run-limit.ts'
import securityHeaders from './plugins/security-headers.ts'
import tracePlugin from './plugins/tracing.ts'
import webSockets, { shouldUpgrade } from './plugins/web-sockets.ts'
import workers from './plugins/workers.ts'
import components from './routes/components.ts'
import consoleRoute from './routes/console.ts'
import data from './routes/data/handler.ts'
import faces from './routes/faces.ts'
import access from './routes/gateway/access.ts'
import budgetsRoute from './routes/gateway/budgets.ts'
import configRoute from './routes/gateway/config.ts'
import historyRoute from './routes/gateway/history.ts'
import live from './routes/gateway/live.ts'
import own from './routes/gateway.ts'
import metricsRoute from './routes/metrics.ts'
import openapi from './routes/openapi.ts'
import os from './routes/os.ts'
import passThrough from './routes/pass-through.ts'
import streamTest from './routes/stream-test.ts'
import workflowSocket from './routes/workflow-socket.ts'
import type { AuditTrail } from './src/audit/trail.ts'
import { COMPONENT_KINDS } from './src/catalogue/catalogue.ts'
import type { ConsoleFiles } from './src/console.ts'
import type { GatewayEvents } from './src/gateway.ts'
import { Gateway } from './src/gateway.ts'
import { History } from './src/history/history.ts'
import { Incidents } from './src/metrics/incidents.ts'
import { Traffic } from './src/metrics/traffic.ts'
import { targetOf } from './src/parameters/path.ts'
import { ByteExactResponse } from './src/relay/byte-exact-response.ts'
import { COMPOSER } from './src/status.ts'
import type { Tracing } from './src/tracing/tracing.ts'
import type { Upstream } from './src/upstream/upstream.ts'
import type { WorkerPeers } from './src/workers/worker-peers.ts'

/** No route has a schema, so Fastify's compilers are not loaded: that saves a tenth of the start time. */
const NO_SCHEMAS = {
  buildValidator: refuseSchemas,
  buildSerializer: refuseSchemas,
}

function refuseSchemas(): never {
  throw new TypeError(
    'a route declares a schema, but the gateway relays bodies unread: remove the schema',
  )
}

/** Inputs of an app. */
export interface AppOptions {
  readonly config: GatewayConfig
  readonly logs: Logs
  /** Reads the configuration again for a reload. Default: returns the same one. */
  readonly load?: () => GatewayConfig
  /** Configuration and version of a worker that started later than others; see `plugins/reload.ts`. */
  readonly first?: GatewayConfig
  readonly version?: number
  /** The other worker processes. Default: none. */
  readonly workerPeers?: WorkerPeers
  /** Traces every request. Default: no tracing. */
  readonly tracing?: Tracing | undefined
  /** Explains the configuration. Default: no explanation. */
  readonly describeConfig?: () => Promise<ConfigReport>
  /** Files of the console. Default: there are none. */
  readonly consoleFiles?: () => Promise<ConsoleFiles>
  /** The audit log, opened. Default: none. */
  readonly audit?: AuditTrail | undefined
}

/** Builds a server that is ready to listen. It queries its upstreams once it is ready. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { config, logs, load = () => config, tracing, first, version, workerPeers, audit } = options
  const traffic = new Traffic()
  const incidents = new Incidents()
  const history = new History(traffic, () => app.openResponses.size)
  const events = both(eventsFor(logs), incidents.events)
  const { tls } = config.listen
  const http = {
    maxHeaderSize: config.limits.maxHeaderBytes,
    // Node's own refusal of a missing host has no body; see plugins/head-guard.ts.
    requireHostHeader: false,
    ...callerTimeouts(config).node,
    shouldUpgradeCallback: shouldUpgrade,
    optimizeEmptyRequests: true,
    ServerResponse: ByteExactResponse as typeof ServerResponse,
  }
  const app = fastify({
    // With a logger, Fastify listens for the end of each response, which costs a twentieth of a health check.
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    // Request lines carry the request id themselves, so no child logger is needed.
    childLoggerFactory: () => logs.gateway,
    genReqId: requestIds(),
    rewriteUrl: targetOf,
    trustProxy: config.listen.trustedProxies.length > 0 ? [...config.listen.trustedProxies] : false,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    ...callerTimeouts(config).fastify,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 1_024 },
    schemaController: { compilersFactory: NO_SCHEMAS },
    ...(tls ? { https: { ...http, ...securedBy(tls), ...callerTimeouts(config).tls } } : { http }),
    clientErrorHandler: clientErrorHandler(logs.access),
    frameworkErrors: sendFrameworkError,
    exposeHeadRoutes: true,
  }) as unknown as FastifyInstance
  app.log = logs.gateway
  refuseConnect(app, logs.access)

  // Bodies are relayed, not parsed: they stay unread until a route reads them.
  app.removeAllContentTypeParsers()
  // Fastify looks exact content types up in a map; only `*` would parse the header on each request.
  const types = [
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    '*',
  ]
  for (const type of types) {
    app.addContentTypeParser(type, (_request, _payload, done) => done(null))
  }

  await app.register(pipelining)
  await app.register(logsPlugin, { logs })
  await app.register(requestContext)
  await app.register(gatewayPlugin, {
    gateway: new Gateway(config, events, undefined, workerPeers?.store),
  })
  await app.register(metrics, { traffic, incidents })
  await app.register(workers, { workerPeers, incidents, history })
  await app.register(errors)
  await app.register(securityHeaders)
  await app.register(jsonCharset)
  await app.register(requestId)
  if (tracing) await app.register(tracePlugin, { tracing })
  await app.register(accessLog)
  await app.register(contentType)
  await app.register(bodyTimeout)
  // Before the hooks that refuse: a refused handshake is closed only after its own hook.
  await app.register(webSockets, { limits: config.limits })
  await app.register(cors)
  await app.register(loopGuard)
  await app.register(headGuard)
  await app.register(connectionLimit)
  await app.register(admission)
  await app.register(rateLimit, { by: ['address'] })
  await app.register(auth)
  await app.register(authorization)
  await app.register(rateLimit, { by: ['identity', 'component'] })
  await app.register(budgets)
  await app.register(runLimit)
  await app.register(parallelRuns)
  await app.register(listener)
  await app.register(draining)
  await app.register(memberListener, { http })
  await app.register(reload, {
    load,
    first,
    version,
    build: (changed, previous) => new Gateway(changed, events, previous, workerPeers?.store),
  })
  if (audit) {
    const config = (first ?? app.engine.current.config).audit
    await app.register(import('./plugins/audit.ts'), { trail: audit, config })
  }
  await app.register(forward)
  await app.register(chooseUpstream)

  await app.register(os)
  await app.register(own)
  await app.register(live)
  await app.register(historyRoute, { history })
  await app.register(budgetsRoute)
  await app.register(configRoute, { describe: options.describeConfig })
  await app.register(access)
  await app.register(consoleRoute, { files: options.consoleFiles })
  await app.register(metricsRoute)
  await app.register(streamTest)
  for (const kind of COMPONENT_KINDS) await app.register(components, { kind })
  await app.register(data)
  await app.register(workflowSocket)
  await app.register(openapi)
  await app.register(faces, config.faces)
  await app.register(passThrough)
  return app
}

/**
 * Time limits of callers, in milliseconds. The others read the configuration in force, so a reload changes them:
 * `body_timeout` in plugins/body-timeout.ts, `stream_idle_timeout` for a caller that stops reading in
 * src/limits/stalled-callers.ts, and 10 s to authenticate on a WebSocket in src/socket/client-connection.ts.
 */
function callerTimeouts({ limits: { headerTimeoutMs } }: GatewayConfig) {
  return {
    // Node limits the head from the end of the handshake on.
    tls: { handshakeTimeout: headerTimeoutMs },
    node: {
      headersTimeout: headerTimeoutMs,
      // How often Node looks for connections that have passed a limit.
      connectionsCheckingInterval: Math.min(5_000, headerTimeoutMs),
    },
    fastify: {
      // Uploads may take as long as they progress.
      requestTimeout: 0,
      // Longer than the 60 s of common load balancers, so that those close idle connections first.
      keepAliveTimeout: 75_000,
    },
  }
}

/** With a client CA, callers must present a certificate (mutual TLS). */
function securedBy({ cert, key, clientCa }: ListenTls) {
  if (clientCa === undefined) return { cert, key }
  return { cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: true }
}

/** Logs the events of the engine. */
function eventsFor({ upstream: log, store }: Logs): GatewayEvents {
  return {
    onState: (upstream, state, reason) => {
      const isFine = state !== 'failing' || isStarting(upstream, reason)
      log[isFine ? 'info' : 'warn']({ upstream: upstream.name, state, reason }, 'upstream')
    },
    onReplica: (upstream, { url, isHealthy }, reason) => {
      const level = replicaLevel(isHealthy, upstream, reason)
      log[level]({ upstream: upstream.name, replica: url, isHealthy, reason }, 'replica')
    },
    onCircuit: (upstream, { url, lastError: reason }, pauseMs) => {
      const { name } = upstream
      const details = { upstream: name, replica: url, ejectedMs: pauseMs || undefined, reason }
      const level = replicaLevel(pauseMs === 0, upstream, reason)
      log[level](details, pauseMs > 0 ? 'replica ejected' : 'replica readmitted')
    },
    onStore: (isThere, reason) => {
      if (isThere) store.info('shared store available')
      else
        store.warn({ reason }, 'shared store unavailable: this gateway counts and remembers alone')
    },
    onShadowed: ({ shadowed }) =>
      log.warn({ shadowed }, 'two upstreams serve the same id: set prefix on one of them'),
  }
}

/** The level of a change of a replica. While the composer starts, its upstream has a line already. */
function replicaLevel(isFine: boolean, upstream: Upstream, reason: string | undefined) {
  if (isStarting(upstream, reason)) return 'debug'
  return isFine ? 'info' : 'warn'
}

/** The socket of the composer does not exist yet. Its supervisor logs when it fails to start, or exits. */
function isStarting({ name }: Upstream, reason: string | undefined): boolean {
  return name === COMPOSER && reason?.includes('ENOENT') === true
}

/** Forwards every event to both receivers. */
function both(one: GatewayEvents, other: GatewayEvents): GatewayEvents {
  return {
    onState: (...args) => {
      one.onState?.(...args)
      other.onState?.(...args)
    },
    onShadowed: (...args) => one.onShadowed?.(...args),
    onReplica: (...args) => {
      one.onReplica?.(...args)
      other.onReplica?.(...args)
    },
    onCircuit: (...args) => {
      one.onCircuit?.(...args)
      other.onCircuit?.(...args)
    },
    onStore: (...args) => {
      one.onStore?.(...args)
      other.onStore?.(...args)
    },
    onRetry: (...args) => other.onRetry?.(...args),
  }
}
