/** Connects a worker process with the primary process. Loaded only in workers. */
import type { ConfigReport } from '../../config/report.ts'
import type { GatewayConfig } from '../../config/types.ts'
import type { Counted } from '../../src/store/counter.ts'
import type { SharedStore } from '../../src/store/shared-store.ts'
import type { Topic, WorkerPeers } from '../../src/workers/worker-peers.ts'
import type { Peer } from './channel.ts'
import { Channel, RELOAD_MS } from './channel.ts'

/** Longest wait of a request for the replica of its run, in milliseconds. */
const STORE_MS = 100

/** Longest wait for the other workers' callers after this worker's own: the primary process kills a worker before. */
const DRAINED_MS = 2_147_483_647

/** Startup data of a worker: equal for all workers, also for one that starts later. */
export interface WorkerStartup {
  readonly config: GatewayConfig
  /** The configuration at the start of the primary process. Static keys are compared with it. */
  readonly first: GatewayConfig
  readonly version: number
  /** Path of the socket for the composer's calls of members; undefined where nothing is composed. */
  readonly memberPath: string | undefined
}

/** The tasks that the primary process can give to a worker. */
export interface WorkerTasks {
  answerTopic(topic: Topic, args: unknown): Promise<unknown>
  reload(): Promise<void>
  reopenLogs(): void
  drain(): void
}

export class Worker implements WorkerPeers {
  readonly startup: WorkerStartup
  readonly store: SharedStore
  readonly #channel: Channel
  #tasks: WorkerTasks | undefined
  /** Returns the configuration of the last reload. */
  #load: () => GatewayConfig

  private constructor(channel: Channel, startup: WorkerStartup) {
    this.#channel = channel
    this.startup = startup
    this.#load = () => startup.config
    this.store = {
      get: (key) =>
        channel.ask('get', key, STORE_MS).then(
          (value) => value as string | undefined,
          () => undefined,
        ),
      set: (key, value, ttlMs) => channel.notify('set', { key, value, ttlMs }),
      count: (key, windowMs) =>
        channel.ask('count', { key, windowMs }, STORE_MS).then(
          (counted) => counted as Counted,
          () => undefined,
        ),
      add: (key, amount, ttlMs) => channel.notify('add', { key, amount, ttlMs }),
      close: () => {},
    }
  }

  /** Requests the startup data. Ignores signals, which the primary process handles. */
  static async join(): Promise<Worker> {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2', 'SIGQUIT'] as const) {
      process.on(signal, () => {})
    }
    let worker: Worker | undefined
    const channel = new Channel(process as unknown as Peer, (topic, args) =>
      worker?.handle(topic, args),
    )
    worker = new Worker(channel, (await channel.ask('begin')) as WorkerStartup)
    return worker
  }

  get load(): () => GatewayConfig {
    return () => this.#load()
  }

  /** Reports that the app listens. @param url its address */
  listening(url: string, tasks: WorkerTasks): void {
    this.#tasks = tasks
    this.#channel.notify('listening', url)
  }

  /** Resolves when no worker serves callers any more, and the composer has suspended its runs. */
  async drained(): Promise<void> {
    await this.#channel.ask('drained', undefined, DRAINED_MS).catch(() => undefined)
  }

  async handle(topic: string, args: unknown): Promise<unknown> {
    switch (topic) {
      case 'drain':
        return this.#tasks ? this.#tasks.drain() : process.exit(0)
      case 'reopen':
        return this.#tasks?.reopenLogs()
      case 'config':
        this.#load = () => args as GatewayConfig
        return this.#tasks?.reload()
      case 'refuse':
        this.#load = () => {
          throw new Error(args as string)
        }
        return this.#tasks?.reload()
      default:
        return this.#tasks?.answerTopic(topic as Topic, args)
    }
  }

  async gather(topic: Topic, args?: unknown): Promise<unknown[]> {
    return (await this.#channel.ask(topic, args, RELOAD_MS)) as unknown[]
  }

  async describeConfig(): Promise<ConfigReport> {
    return (await this.#channel.ask('describe')) as ConfigReport
  }

  async reload(): Promise<void> {
    await this.#channel.ask('reload', undefined, RELOAD_MS)
  }

  async acquire(claims: Parameters<WorkerPeers['acquire']>[0]): Promise<boolean> {
    return (await this.#channel.ask('take', claims)) as boolean
  }

  release(keys: readonly string[]): void {
    this.#channel.notify('release', keys)
  }
}
