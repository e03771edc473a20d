/** Collects status, metrics and reloads of the other worker processes, and answers for this one. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { GatewayConfig } from '../config/types.ts'
import type { History, Step } from '../src/history/history.ts'
import { processLive } from '../src/live.ts'
import type { Incidents } from '../src/metrics/incidents.ts'
import { MOST_RECENT } from '../src/metrics/incidents.ts'
import { Relay } from '../src/relay/relay.ts'
import { engineStatus } from '../src/status.ts'
import { VERSION } from '../src/version.ts'
import type { Topic, WorkerPeers } from '../src/workers/worker-peers.ts'

const BYTES_PER_MB = 1024 * 1024

declare module 'fastify' {
  interface FastifyInstance {
    readonly workerPeers: WorkerPeers | undefined
    /** Receivers of requests in progress, by a key that only another request of the same caller can know. */
    readonly openCalls: Map<string, (value: unknown) => void>
    /** Returns this process's own answer to a topic. */
    answerTopic(topic: Topic, args?: unknown): Promise<unknown>
  }
}

/** The status of one process. */
export type ProcessStatus = ReturnType<typeof processStatus>

export interface WorkersOptions {
  readonly workerPeers: WorkerPeers | undefined
  readonly incidents: Incidents
  readonly history: History
}

export default fp<WorkersOptions>(
  async (app, { workerPeers, incidents, history }) => {
    app.decorate('workerPeers', workerPeers)
    app.decorate('openCalls', new Map())
    app.decorate('answerTopic', async (topic: Topic, args?: unknown) => {
      switch (topic) {
        case 'metrics':
          return app.metrics()
        case 'live':
          return processLive(app.openResponses, performance.now())
        case 'history':
          history.start()
          return history.read(args as Step)
        case 'budgets':
          return app.budgetRows(typeof args === 'string' ? args : undefined)
        case 'detach':
          return detach(app, args)
        case 'notify':
          return notifyCall(app, args)
        case 'refresh':
          await refreshAll(app)
      }
      return processStatus(app, incidents)
    })
  },
  { name: 'workers', dependencies: ['gateway'] },
)

interface Notice {
  readonly key: string
  readonly value: unknown
  /** Gives the value to each request whose key begins with `key`. */
  readonly isPrefix: boolean
}

/** Gives a value to requests in progress. @returns whether there is one in this process */
function notifyCall({ openCalls }: FastifyInstance, args: unknown): boolean {
  const { key, value, isPrefix } = args as Notice
  const keys = isPrefix ? [...openCalls.keys()].filter((each) => each.startsWith(key)) : [key]
  const receivers = keys.flatMap((each) => openCalls.get(each) ?? [])
  for (const receiver of receivers) receiver(value)
  return receivers.length > 0
}

async function refreshAll({ engine }: FastifyInstance): Promise<void> {
  const { discovery, upstreams } = engine.current
  await Promise.all([...upstreams.values()].map((upstream) => discovery.refresh(upstream)))
}

/** Closes the caller's connection; the run is read to its end. @returns whether this process has the request */
function detach({ openResponses }: FastifyInstance, id: unknown): boolean {
  for (const open of openResponses) {
    if (!(open instanceof Relay) || open.isDetached) continue
    const request = open.request as FastifyRequest | undefined
    if (request === undefined || request.id !== id || !open.outcome.runId) continue
    request.context.isDetaching = true
    request.raw.socket.destroy()
    return true
  }
  return false
}

function processStatus(app: FastifyInstance, incidents: Incidents) {
  const engine = app.engine.current
  return {
    pid: process.pid,
    version: VERSION,
    id: engine.config.id,
    ready: !app.isDraining,
    uptime_seconds: Math.round(process.uptime()),
    memory_mb: Math.round(process.memoryUsage.rss() / BYTES_PER_MB),
    open: app.openResponses.size,
    config: configStatus(app),
    /** Enabled protocol faces. */
    faces: facesOf(engine.config),
    incidents: incidents.recent,
    ...engineStatus(engine, performance.now()),
  }
}

/** Names of the faces that the configuration enables. */
function facesOf({ faces }: GatewayConfig): string[] {
  return Object.entries(faces).flatMap(([name, face]) => (face === undefined ? [] : [name]))
}

export function configStatus({ reloads }: FastifyInstance) {
  const { version, hash, loadedAtMs, error, restartNeeded } = reloads
  return {
    version,
    hash,
    loaded_at: new Date(loadedAtMs).toISOString(),
    error: error && { at: new Date(error.atMs).toISOString(), issues: error.issues },
    restart_needed: restartNeeded,
  }
}

/** Joins the status of all workers: counts are summed, and each worker is listed. */
export function joinedStatus(own: ProcessStatus, all: readonly ProcessStatus[]) {
  const sum = (read: (one: ProcessStatus) => number) =>
    all.reduce((total, one) => total + read(one), 0)
  const replicaOf = (one: ProcessStatus, name: string, url: string) =>
    one.upstreams.find((other) => other.name === name)?.replicas.find((other) => other.url === url)
  const upstreams = own.upstreams.map((upstream) => ({
    ...upstream,
    waiting: sum((one) => one.upstreams.find(({ name }) => name === upstream.name)?.waiting ?? 0),
    replicas: upstream.replicas.map((replica) => ({
      ...replica,
      in_flight: sum((one) => replicaOf(one, upstream.name, replica.url)?.in_flight ?? 0),
    })),
  }))
  const workers = all
    .map(({ pid, ready, uptime_seconds, memory_mb, open, config: { version, hash } }) => {
      return { pid, ready, uptime_seconds, memory_mb, open, config: { version, hash } }
    })
    .toSorted((a, b) => a.pid - b.pid)
  return {
    ...own,
    ready: all.every(({ ready }) => ready),
    memory_mb: sum(({ memory_mb }) => memory_mb),
    open: sum(({ open }) => open),
    incidents: all
      .flatMap(({ incidents }) => incidents)
      .toSorted((a, b) => b.at.localeCompare(a.at))
      .slice(0, MOST_RECENT),
    upstreams,
    workers,
  }
}
