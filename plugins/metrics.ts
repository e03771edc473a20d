/** Counts every request when it is over, and collects all metrics of the process. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { ErrorCode } from '../src/errors.ts'
import { CallerLabels } from '../src/metrics/caller-labels.ts'
import { ComposedTraffic } from '../src/metrics/composed-traffic.ts'
import { addEngine } from '../src/metrics/engine-samples.ts'
import { ProcessMetrics } from '../src/metrics/exposition.ts'
import type { Incidents } from '../src/metrics/incidents.ts'
import { routePattern } from '../src/metrics/route-pattern.ts'
import type { MetricJson } from '../src/metrics/snapshot.ts'
import { Snapshot } from '../src/metrics/snapshot.ts'
import type { RunLabels, Traffic } from '../src/metrics/traffic.ts'
import { startsRuns } from '../src/metrics/traffic.ts'
import { Relay } from '../src/relay/relay.ts'
import type { WebSocketContext } from '../src/request-context.ts'
import { lastCallerOf, requestSummary, socketSummary, subjectOf } from '../src/request-summary.ts'
import { tokensIn } from '../src/usage/run-tokens.ts'
import { VERSION } from '../src/version.ts'
import type { Audit } from './audit.ts'
import { composedComponent } from './member-listener.ts'

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const COMPONENT_ROUTE = /^\/(?:agents|teams|workflows)\/\{id\}/

export interface MetricsOptions {
  readonly traffic: Traffic
  readonly incidents: Incidents
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Counters and histograms of finished requests. */
    readonly traffic: Traffic
    /** Returns all metrics of this process with their present values. */
    metrics(): Promise<MetricJson[]>
  }
}

export default fp<MetricsOptions>(
  async (app, { traffic, incidents }) => {
    const ofProcess = new ProcessMetrics()
    const callerLabels = new CallerLabels()
    const composedTraffic = new ComposedTraffic()

    app.decorate('traffic', traffic)
    app.decorate('metrics', async () => {
      const snapshot = new Snapshot()
      const { current } = app.engine
      traffic.addTo(snapshot)
      composedTraffic.addTo(snapshot)
      incidents.addTo(snapshot, current.config.store !== undefined)
      addEngine(snapshot, current, Date.now(), performance.now())
      await app.addBudgetMetrics(snapshot)
      addProcess(snapshot, app)
      if (app.audit) addAudit(snapshot, app.audit)
      return [...snapshot.metrics, ...(await ofProcess.read())]
    })

    app.closeListeners.push((request, reply) => {
      const { webSocket } = request.context
      if (webSocket === undefined) count(request, reply)
      else void countSocket(request, reply, webSocket)
    })

    function countKey(request: FastifyRequest): void {
      const key = lastCallerOf(request)?.key
      if (key !== undefined) traffic.keyRequest(key)
    }

    function count(request: FastifyRequest, reply: FastifyReply): void {
      const { startedAtMs, outcome } = request.context
      const { status, upstream = '', durationMs, bytes = 0, error } = requestSummary(request, reply)
      const labels = labelsOf(request, upstream)
      const { component } = labels
      traffic.request(labels, status, durationMs / 1000, bytes)
      countKey(request)
      if (error !== undefined) traffic.error(error as ErrorCode, upstream)
      if (outcome === undefined) return
      const { isEventStream, firstEventAtMs, events, reattached, tail, runId } = outcome
      if (isEventStream) {
        const isBegun = firstEventAtMs > 0
        const firstEventSeconds = isBegun ? (firstEventAtMs - startedAtMs) / 1000 : undefined
        traffic.stream(upstream, component, { firstEventSeconds, events, reattached })
      }
      if (runId !== undefined && startsRuns(labels)) {
        traffic.runs(runLabelsOf(request, upstream, component), 1)
      }
      const tokens = (tail?.bytes && tokensIn(tail.bytes, isEventStream)) || undefined
      const composed = composedComponent(request)
      if (composed !== undefined && runId !== undefined && startsRuns(labels)) {
        composedTraffic.run({ composed, upstream, component }, tokens)
      }
      if (tokens) traffic.tokens(runLabelsOf(request, upstream, component), tokens)
    }

    async function countSocket(
      request: FastifyRequest,
      reply: FastifyReply,
      { connection, closeCode }: WebSocketContext,
    ) {
      const { durationMs } = requestSummary(request, reply)
      const summary = socketSummary(connection, await closeCode)
      const { status, framesIn, framesOut, bytes, runs, error } = summary
      // A WebSocket can reach several upstreams, so it is counted for none.
      traffic.request(labelsOf(request, ''), status, durationMs / 1000, bytes)
      countKey(request)
      traffic.webSocket(framesIn, framesOut)
      if (runs > 0) traffic.runs(runLabelsOf(request, '', ''), runs)
      if (error !== undefined) traffic.error(error, '')
    }

    function runLabelsOf(request: FastifyRequest, upstream: string, component: string): RunLabels {
      const most = request.gateway.config.metrics.callerLabels
      const caller = most === 0 ? undefined : callerLabels.labelOf(subjectOf(request), most)
      return { upstream, component, caller }
    }
  },
  { name: 'metrics', dependencies: ['request-context', 'gateway'] },
)

function addAudit(snapshot: Snapshot, { trail }: Audit): void {
  const { lines, failures, lost, waitingBytes } = trail.counts
  snapshot.add('auditLines', lines)
  snapshot.add('auditFailures', failures)
  snapshot.add('auditLost', lost)
  snapshot.add('auditWaiting', waitingBytes)
}

function addProcess(snapshot: Snapshot, { reloads, openResponses, isDraining }: FastifyInstance) {
  const streams = [...openResponses].filter(
    (open) => open instanceof Relay && open.outcome.isEventStream,
  )
  snapshot.add('open', openResponses.size)
  snapshot.add('openStreams', streams.length)
  snapshot.add('reloads', reloads.version - 1, { result: 'ok' })
  snapshot.add('reloads', reloads.refused, { result: 'refused' })
  snapshot.add('reloadOk', reloads.error ? 0 : 1)
  snapshot.add('configVersion', reloads.version)
  snapshot.add('configTime', reloads.loadedAtMs / 1000)
  snapshot.add('restartNeeded', reloads.restartNeeded.length)
  snapshot.add('draining', isDraining ? 1 : 0)
  snapshot.add('workers', 1)
  snapshot.add('buildInfo', 1, { version: VERSION, node: process.versions.node })
}

/** Label values come from code, configuration or catalogue, so their number is bounded. */
function labelsOf(request: FastifyRequest, upstream: string) {
  const route = routePattern(request) ?? ''
  const unknown = COMPONENT_ROUTE.test(route) ? 'other' : ''
  const method = METHODS.has(request.method) ? request.method : 'other'
  return {
    method,
    route,
    upstream,
    component: request.context.component ?? unknown,
    face: request.context.face ?? '',
  }
}
