/** Sends a steady load of requests, checks all answers, and records every failure. */
import { Agent } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { Caller, WrongAnswer } from './caller.ts'

/** One kind of request. @throws {WrongAnswer} when the answer is wrong */
export type Act = (caller: Caller, id: string) => Promise<void>

/** A request that failed. */
export interface Failure {
  readonly id: string
  readonly status: number
  readonly code: string
  /** `performance.now()` when the request ended. */
  readonly atMs: number
  readonly tookMs: number
}

export interface LoadOptions {
  readonly workers?: number
  /** Pause of a worker between two requests, in milliseconds. */
  readonly pauseMs?: number
  /** Kinds of requests that each worker sends in turn. */
  readonly acts?: readonly Act[]
}

let loads = 0

/** A run answered in one response. */
export const runs: Act = (caller, id) => caller.run(id)

export class Load {
  readonly failures: Failure[] = []
  /** Number of answered requests, failed ones included. */
  requests = 0
  /** `performance.now()` of the last correct answer. */
  lastGoodMs = 0
  readonly agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  readonly #urls: readonly string[]
  readonly #options: Required<LoadOptions>
  readonly #name: string
  #isOver = false
  #working: Promise<unknown> = Promise.resolve()

  /** @param urls of the gateways, or of the balancer in front of them */
  constructor(urls: readonly string[], options: LoadOptions = {}) {
    this.#urls = urls
    this.#options = { workers: 8, pauseMs: 5, acts: [runs], ...options }
    this.#name = `l${loads++}`
    onTestFinished(() => this.agent.destroy())
  }

  begin(): this {
    const workers = Array.from({ length: this.#options.workers }, (_, n) => this.#work(n))
    this.#working = Promise.all(workers)
    return this
  }

  /** Resolves when all started requests have ended. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#working
  }

  async #work(worker: number): Promise<void> {
    const { acts, pauseMs } = this.#options
    const caller = new Caller({ urls: this.#urls, agent: this.agent })
    for (let count = worker; !this.#isOver; count++) {
      const act = acts[count % acts.length] as Act
      await this.#do(act, caller, `${this.#name}-${worker}-${count}`)
      await setTimeout(pauseMs)
    }
  }

  async #do(act: Act, caller: Caller, id: string): Promise<void> {
    const startedAt = performance.now()
    try {
      await act(caller, id)
      this.lastGoodMs = performance.now()
    } catch (error) {
      const { status, code } =
        error instanceof WrongAnswer ? error : new WrongAnswer(-1, `${error}`, '')
      const atMs = performance.now()
      this.failures.push({ id, status, code, atMs, tookMs: atMs - startedAt })
    }
    this.requests++
  }

  /** Counts of failures by kind, such as `502 AGW_UPSTREAM_RESET`. */
  get wrong(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { status, code } of this.failures) {
      const name = `${status} ${code}`
      counts[name] = (counts[name] ?? 0) + 1
    }
    return counts
  }
}
