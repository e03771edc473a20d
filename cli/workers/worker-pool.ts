/** Starts, queries, restarts and ends the worker processes. */
import cluster, { type Worker as ClusterWorker } from 'node:cluster'
import type { FastifyBaseLogger } from 'fastify'
import type { ConfigReport } from '../../config/report.ts'
import type { SlotClaim } from '../../src/limits/keyed-counter.ts'
import type { MetricJson } from '../../src/metrics/snapshot.ts'
import { ExitedMetrics } from '../../src/workers/exited-metrics.ts'
import { RestartBackoff } from '../../src/workers/restart-backoff.ts'
import type { SharedState } from '../../src/workers/shared-state.ts'
import type { Topic } from '../../src/workers/worker-peers.ts'
import { WORKER_VARIABLE } from '../options.ts'
import type { Peer } from './channel.ts'
import { Channel, RELOAD_MS } from './channel.ts'
import { ConnectionHandoff } from './connection-handoff.ts'
import type { WorkerStartup } from './worker.ts'

interface PooledWorker {
  readonly process: ClusterWorker
  readonly channel: Channel
  readonly handoff: ConnectionHandoff
  readonly number: number
  readonly startedAtMs: number
  /** URL of the worker; undefined until it listens. */
  url: string | undefined
  metrics: readonly MetricJson[]
}

export interface WorkerPoolOptions {
  readonly count: number
  readonly logger: FastifyBaseLogger
  readonly state: SharedState
  /** Configuration for a worker that starts now. */
  startup(): WorkerStartup
  /** Reloads the configuration for all workers. */
  reload(): Promise<void>
  /** Explains the configuration. */
  describe(): Promise<ConfigReport>
  /** Called when no worker of a draining pool has open responses of callers, before the workers end the others. */
  onDrained(): Promise<void>
  /** Called when a worker listens. Its version may be outdated by then. */
  onListening(version: number): void
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #workers = new Map<number, PooledWorker>()
  readonly #backoffs = new Map<number, RestartBackoff>()
  readonly #exited = new ExitedMetrics()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #empty = Promise.withResolvers<void>()
  /** Workers that have served their callers. */
  readonly #served = new Set<PooledWorker>()
  readonly #drained = Promise.withResolvers<void>()
  #isEnding = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    // Distributes connections round-robin, also on Windows, where that is not the default.
    cluster.schedulingPolicy = cluster.SCHED_RR
    cluster.setupPrimary({ serialization: 'advanced' })
  }

  /**
   * Starts one worker, and the others when it listens: so an error in the configuration or port is reported once.
   *
   * @returns URL of the workers
   * @throws {StartFailed} when the first worker exits before it listens
   */
  async start(): Promise<string> {
    const url = await this.#startWorker(1)
    if (this.#isEnding) return url
    const others = Array.from({ length: this.#options.count - 1 }, (_, i) =>
      this.#startWorker(i + 2),
    )
    await Promise.allSettled(others)
    return url
  }

  #startWorker(number: number): Promise<string> {
    const listening = Promise.withResolvers<string>()
    const process = cluster.fork({ [WORKER_VARIABLE]: String(number) })
    let version = 0
    const channel = new Channel(process as unknown as Peer, (topic, args) => {
      if (topic === 'begin') {
        const beginning = this.#options.startup()
        version = beginning.version
        return beginning
      }
      if (topic !== 'listening') return this.#answer(member, topic, args)
      member.url = args as string
      listening.resolve(member.url)
      return this.#options.onListening(version)
    })
    const handoff = new ConnectionHandoff(process.process)
    const startedAtMs = performance.now()
    const member: PooledWorker = {
      process,
      channel,
      handoff,
      number,
      startedAtMs,
      url: undefined,
      metrics: [],
    }
    this.#workers.set(number, member)
    process.once('exit', (code, signal) => {
      this.#onExit(member)
      if (this.#isEnding) return
      listening.reject(new StartFailed(code ?? 1))
      const isFirstStart = member.url === undefined && this.#workers.size === 0
      if (isFirstStart && !this.#backoffs.has(number)) return
      this.#restart(member, { code, signal })
    })
    return listening.promise
  }

  #onExit(member: PooledWorker): void {
    const { channel, handoff, number, metrics } = member
    channel.close()
    this.#workers.delete(number)
    this.#served.delete(member)
    this.#endIfServed()
    const others = [...this.#workers.values()].filter(({ url }) => url !== undefined)
    handoff.transferTo(others[0]?.process.process)
    this.#options.state.removeWorker(member)
    this.#exited.add(metrics)
    if (this.#isEnding && this.#workers.size === 0) this.#empty.resolve()
  }

  /** Starts a worker again, after a delay that grows when it keeps ending. */
  #restart({ number, startedAtMs, process }: PooledWorker, ended: object): void {
    const pace = this.#backoffs.get(number) ?? new RestartBackoff()
    this.#backoffs.set(number, pace)
    const pauseMs = pace.pauseAfter(performance.now() - startedAtMs)
    const { pid } = process.process
    this.#options.logger.error(
      { worker: number, workerPid: pid, ...ended, pauseMs },
      'a worker exited: starting another one',
    )
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#startWorker(number).catch(() => {})
    }, pauseMs)
    this.#timers.add(timer)
  }

  #answer(member: PooledWorker, topic: string, args: unknown): unknown {
    const { state } = this.#options
    switch (topic) {
      case 'get':
        return state.get(args as string)
      case 'set': {
        const { key, value, ttlMs } = args as { key: string; value: string; ttlMs: number }
        return state.set(key, value, ttlMs)
      }
      case 'add': {
        const { key, amount, ttlMs } = args as { key: string; amount: number; ttlMs: number }
        return state.add(key, amount, ttlMs)
      }
      case 'take':
        return state.acquire(member, args as readonly SlotClaim[])
      case 'release':
        return state.release(member, args as readonly string[])
      case 'count': {
        const { key, windowMs } = args as { key: string; windowMs: number }
        return state.count(key, windowMs, performance.now())
      }
      case 'drained':
        this.#served.add(member)
        this.#endIfServed()
        return this.#drained.promise
      case 'reload':
        return this.#options.reload()
      case 'describe':
        return this.#options.describe()
      default:
        return this.gather(topic as Topic, args)
    }
  }

  /** The composer calls members until every worker has served its callers. */
  #endIfServed(): void {
    if (!this.#isEnding || this.#served.size < this.#workers.size) return
    void this.#options.onDrained().then(() => this.#drained.resolve())
  }

  /** Returns the answers of all listening workers. Metrics include those of exited workers. */
  async gather(topic: Topic, args?: unknown): Promise<unknown[]> {
    const members = [...this.#workers.values()].filter(({ url }) => url !== undefined)
    const answers = await Promise.all(
      members.map(async (member) => {
        const answer = await member.channel.ask(topic, args).catch(() => undefined)
        if (topic !== 'metrics') return answer
        // A worker too busy to answer keeps its last metrics, because a sum must not shrink.
        if (answer !== undefined) member.metrics = answer as MetricJson[]
        return member.metrics
      }),
    )
    const known = answers.filter((answer) => answer !== undefined)
    return topic === 'metrics' ? [...known, this.#exited.metrics] : known
  }

  /** Sends the task to all workers. Resolves when each has done it or failed to answer. */
  async sendToAll(topic: string, args?: unknown): Promise<void> {
    const replies = [...this.#workers.values()].map(({ channel }) =>
      channel.ask(topic, args, RELOAD_MS).catch(() => undefined),
    )
    await Promise.all(replies)
  }

  /** Lets every worker drain. @param timeoutMs time after which the remaining workers are killed */
  async drain(timeoutMs: number): Promise<void> {
    this.#isEnding = true
    for (const timer of this.#timers) clearTimeout(timer)
    if (this.#workers.size === 0) return
    for (const { channel, process, url } of this.#workers.values()) {
      // A worker that does not listen yet has no connections, and could miss the message.
      if (url === undefined) process.process.kill('SIGKILL')
      else channel.notify('drain')
    }
    const timer = setTimeout(() => this.kill(), timeoutMs)
    await this.#empty.promise
    clearTimeout(timer)
  }

  /** Kills every worker. */
  kill(): void {
    this.#isEnding = true
    for (const { process } of this.#workers.values()) process.process.kill('SIGKILL')
  }
}

/** Thrown when the first worker exits before it listens. The worker has printed the reason. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed'
  readonly exitCode: number

  constructor(exitCode: number) {
    super('the first worker failed to start')
    this.exitCode = exitCode
  }
}
