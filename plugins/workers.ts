/** Asks the other worker processes for their part of status, metrics and reloads, and answers for this one. */
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { engineStatus } from '../src/status.ts'
import { VERSION } from '../src/version.ts'
import type { Topic, WorkerPeers } from '../src/workers/worker-peers.ts'

const BYTES_PER_MB = 1024 * 1024

declare module 'fastify' {
  interface FastifyInstance {
    readonly workerPeers: WorkerPeers | undefined
    /** Returns this process's own answer to a topic. */
    answerTopic(topic: Topic): Promise<unknown>
  }
}

/** The status of one process. */
export type ProcessStatus = ReturnType<typeof processStatus>

export default fp<{ workerPeers: WorkerPeers | undefined }>(
  async (app, { workerPeers }) => {
    app.decorate('workerPeers', workerPeers)
    app.decorate('answerTopic', async (topic: Topic) => {
      if (topic === 'metrics') return app.metrics()
      if (topic === 'refresh') {
        const { discovery, upstreams } = app.engine.current
        await Promise.all([...upstreams.values()].map((upstream) => discovery.refresh(upstream)))
      }
      return processStatus(app)
    })
  },
  { name: 'workers', dependencies: ['gateway'] },
)

function processStatus(app: FastifyInstance) {
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
    ...engineStatus(engine, performance.now()),
  }
}

/** The configuration in force. */
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
    upstreams,
    workers,
  }
}
