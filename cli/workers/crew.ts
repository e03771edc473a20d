/** The worker processes: started, asked, started again, and ended. */
import cluster, { type Worker as ClusterWorker } from 'node:cluster'
import type { FastifyBaseLogger } from 'fastify'
import type { MetricJson } from '../../src/metrics/snapshot.ts'
import { Pace } from '../../src/workers/pace.ts'
import { RetiredMetrics } from '../../src/workers/retired.ts'
import type { SharedState } from '../../src/workers/shared-state.ts'
import type { Claim, Topic } from '../../src/workers/siblings.ts'
import type { Peer } from './channel.ts'
import { Channel } from './channel.ts'
import { Handovers } from './handovers.ts'
import type { Beginning } from './worker.ts'

/** Set in the environment of a worker: its number. `start.ts` looks for it. */
const WORKER = 'AGENTOS_GATEWAY_WORKER'
/** A reload waits for upstreams that are new. */
const RELOAD_MS = 30_000

interface Member {
  readonly process: ClusterWorker
  readonly channel: Channel
  readonly handovers: Handovers
  readonly number: number
  readonly startedAtMs: number
  /** Where it listens, once it does. */
  url: string | undefined
  metrics: readonly MetricJson[]
}

export interface CrewOptions {
  readonly count: number
  readonly logger: FastifyBaseLogger
  readonly state: SharedState
  /** What a worker begins with that is started now. */
  beginning(): Beginning
  /** Reads the configuration again, for all. */
  reload(): Promise<void>
  /** A worker listens that began with a version that may be old by now. */
  onListening(version: number): void
}

export class Crew {
  readonly #options: CrewOptions
  readonly #members = new Map<number, Member>()
  readonly #paces = new Map<number, Pace>()
  readonly #retired = new RetiredMetrics()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #empty = Promise.withResolvers<void>()
  #isEnding = false

  constructor(options: CrewOptions) {
    this.#options = options
    // Connections go to the workers in turn, whatever the system's default.
    cluster.schedulingPolicy = cluster.SCHED_RR
    cluster.setupPrimary({ serialization: 'advanced' })
  }

  /**
   * Starts one, and the others once it listens: what is wrong with the configuration or the port is said once.
   *
   * @returns where they listen
   * @throws {StartFailed} when the first ends without having listened
   */
  async start(): Promise<string> {
    const url = await this.#begin(1)
    const others = Array.from({ length: this.#options.count - 1 }, (_, i) => this.#begin(i + 2))
    await Promise.allSettled(others)
    return url
  }

  #begin(number: number): Promise<string> {
    const listening = Promise.withResolvers<string>()
    const process = cluster.fork({ [WORKER]: String(number) })
    let version = 0
    const channel = new Channel(process as unknown as Peer, (topic, args) => {
      if (topic === 'begin') {
        const beginning = this.#options.beginning()
        version = beginning.version
        return beginning
      }
      if (topic !== 'listening') return this.#answer(member, topic, args)
      member.url = args as string
      listening.resolve(member.url)
      return this.#options.onListening(version)
    })
    const handovers = new Handovers(process.process)
    const startedAtMs = performance.now()
    const member: Member = {
      process,
      channel,
      handovers,
      number,
      startedAtMs,
      url: undefined,
      metrics: [],
    }
    this.#members.set(number, member)
    process.once('exit', (code, signal) => {
      this.#leave(member)
      if (this.#isEnding) return
      listening.reject(new StartFailed(code ?? 1))
      const isFirstStart = member.url === undefined && this.#members.size === 0
      if (isFirstStart && !this.#paces.has(number)) return
      this.#beginAgain(member, { code, signal })
    })
    return listening.promise
  }

  #leave(member: Member): void {
    const { channel, handovers, number, metrics } = member
    channel.close()
    this.#members.delete(number)
    const others = [...this.#members.values()].filter(({ url }) => url !== undefined)
    handovers.leaveTo(others[0]?.process.process)
    this.#options.state.leave(member)
    this.#retired.add(metrics)
    if (this.#isEnding && this.#members.size === 0) this.#empty.resolve()
  }

  /** Somebody who ends over and over is started more and more seldom. */
  #beginAgain({ number, startedAtMs, process }: Member, ended: object): void {
    const pace = this.#paces.get(number) ?? new Pace()
    this.#paces.set(number, pace)
    const pauseMs = pace.pauseAfter(performance.now() - startedAtMs)
    const { pid } = process.process
    this.#options.logger.error(
      { worker: number, workerPid: pid, ...ended, pauseMs },
      'a worker ended, another one is started',
    )
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#begin(number).catch(() => {})
    }, pauseMs)
    this.#timers.add(timer)
  }

  #answer(member: Member, topic: string, args: unknown): unknown {
    const { state } = this.#options
    switch (topic) {
      case 'get':
        return state.get(args as string)
      case 'set': {
        const { key, value, ttlMs } = args as { key: string; value: string; ttlMs: number }
        return state.set(key, value, ttlMs)
      }
      case 'take':
        return state.take(member, args as readonly Claim[])
      case 'release':
        return state.release(member, args as readonly string[])
      case 'count': {
        const { key, windowMs } = args as { key: string; windowMs: number }
        return state.count(key, windowMs, performance.now())
      }
      case 'reload':
        return this.#options.reload()
      default:
        return this.gather(topic as Topic)
    }
  }

  /** What each worker answers that listens. Of metrics also what those counted who are gone. */
  async gather(topic: Topic): Promise<unknown[]> {
    const members = [...this.#members.values()].filter(({ url }) => url !== undefined)
    const answers = await Promise.all(
      members.map(async (member) => {
        const answer = await member.channel.ask(topic).catch(() => undefined)
        if (topic !== 'metrics') return answer
        // Of one that is too busy to answer, what it told last: a sum must not shrink.
        if (answer !== undefined) member.metrics = answer as MetricJson[]
        return member.metrics
      }),
    )
    const known = answers.filter((answer) => answer !== undefined)
    return topic === 'metrics' ? [...known, this.#retired.metrics] : known
  }

  /** Tells all. Resolves when all have done it, or don't answer. */
  async tellAll(topic: string, args?: unknown): Promise<void> {
    const asked = [...this.#members.values()].map(({ channel }) =>
      channel.ask(topic, args, RELOAD_MS).catch(() => undefined),
    )
    await Promise.all(asked)
  }

  /** Lets every worker drain. @param timeoutMs after which those that are left are ended */
  async drain(timeoutMs: number): Promise<void> {
    this.#isEnding = true
    for (const timer of this.#timers) clearTimeout(timer)
    if (this.#members.size === 0) return
    for (const { channel } of this.#members.values()) channel.tell('drain')
    const timer = setTimeout(() => this.kill(), timeoutMs)
    await this.#empty.promise
    clearTimeout(timer)
  }

  /** Ends every worker now. */
  kill(): void {
    this.#isEnding = true
    for (const { process } of this.#members.values()) process.process.kill('SIGKILL')
  }
}

/** The first worker ended before it listened, and said why itself. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed'
  readonly exitCode: number

  constructor(exitCode: number) {
    super('the first worker could not start')
    this.exitCode = exitCode
  }
}
