/** Generates the load: connections that send requests, count and discard the responses. */

import type { Dispatcher } from 'undici'
import { Agent } from 'undici'
import { Connection } from './connection.ts'
import type { Shot } from './forms.ts'
import { dispatchOptions, requestPieces } from './forms.ts'

/** Counts the response of one request. */
export class Counter implements Dispatcher.DispatchHandler {
  bytes = 0
  controller: Dispatcher.DispatchController | undefined
  readonly #onChunk: ((chunk: Buffer) => void) | undefined
  readonly #onOver: (error: Error | undefined) => void

  constructor(onOver: (error: Error | undefined) => void, onChunk?: (chunk: Buffer) => void) {
    this.#onOver = onOver
    this.#onChunk = onChunk
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    if (status !== 200) this.#onOver(new Error(`status ${status}`))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.bytes += chunk.length
    this.#onChunk?.(chunk)
  }

  onResponseEnd(): void {
    this.#onOver(undefined)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#onOver(error)
  }
}

export interface Closed {
  readonly requests: number
  readonly bytes: number
  readonly seconds: number
}

/** A loop ends at whichever limit is reached first. */
export interface Limit {
  readonly seconds: number
  readonly requests?: number
}

/** Closed loop: each connection sends its next request after the previous response. */
export class ClosedLoop {
  readonly #connections: readonly Connection[]
  readonly #pieces: readonly Buffer[]

  private constructor(connections: readonly Connection[], shot: Shot) {
    this.#connections = connections
    this.#pieces = requestPieces(shot)
  }

  static async open(url: string, shot: Shot, connections: number): Promise<ClosedLoop> {
    const opened = Array.from({ length: connections }, () => Connection.open(url))
    return new ClosedLoop(await Promise.all(opened), shot)
  }

  async run({ seconds, requests: most = Number.POSITIVE_INFINITY }: Limit): Promise<Closed> {
    const startedAt = performance.now()
    const until = startedAt + seconds * 1000
    let requests = 0
    let bytes = 0
    const over = this.#connections.map((connection) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const next = () => {
        if (performance.now() >= until || requests >= most) resolve()
        else connection.send(this.#pieces, onOver)
      }
      const onOver = (error: Error | undefined, received: number) => {
        if (error) return reject(error)
        requests++
        bytes += received
        next()
      }
      next()
      return promise
    })
    await Promise.all(over)
    return { requests, bytes, seconds: (performance.now() - startedAt) / 1000 }
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }
}

/** Runs one closed loop on connections of its own. */
export async function closedLoop(
  url: string,
  shot: Shot,
  connections: number,
  limit: Limit,
): Promise<Closed> {
  const loop = await ClosedLoop.open(url, shot, connections)
  const closed = await loop.run(limit)
  loop.close()
  return closed
}

/**
 * Open loop: requests are sent on schedule, whether answered or not. @returns sorted milliseconds from
 * schedule to answer
 */
export async function openLoop(
  url: string,
  shot: Shot,
  perSecond: number,
  seconds: number,
): Promise<number[]> {
  const agent = new Agent({ connections: 64, headersTimeout: 0, bodyTimeout: 0 })
  const options = { ...dispatchOptions(shot), origin: url }
  const total = Math.floor(perSecond * seconds)
  const latencies: number[] = []
  const startedAt = performance.now()
  await new Promise<void>((resolve, reject) => {
    let sent = 0
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1000) * perSecond))
      for (; sent < due; sent++) {
        const dueAt = performance.now()
        const counter = new Counter((error) => {
          if (error) return reject(error)
          latencies.push(performance.now() - dueAt)
          if (latencies.length === total) resolve()
        })
        agent.dispatch(options, counter)
      }
      if (sent === total) clearInterval(timer)
    }, 1)
  })
  await agent.destroy()
  return latencies.sort((a, b) => a - b)
}

/** Streams that are held open, with counts of their events. */
export interface OpenStreams {
  readonly events: () => number
  /** Delays from the upstream's write to the client's read, in ms. */
  readonly delaysMs: number[]
  readonly failed: () => number
  close(): Promise<void>
  /** Settles when all streams have ended by themselves. */
  readonly ended: Promise<void>
}

/** A proxy that rewrites events drops unknown fields: such events count but have no delay. */
const EVENT = /event: RunContent\ndata:(?:[^\n]*?"sent_ns":(\d+))?/g

/** Opens `count` streams; resolves once all have their response head. */
export async function openStreams(url: string, shot: Shot, count: number): Promise<OpenStreams> {
  const agent = new Agent({ connections: count, headersTimeout: 0, bodyTimeout: 0 })
  const options = { ...dispatchOptions(shot), origin: url }
  const delaysMs: number[] = []
  const counters: Counter[] = []
  let events = 0
  let over = 0
  let failed = 0
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const onChunk = (chunk: Buffer) => {
    const now = process.hrtime.bigint()
    for (const [, sent] of chunk.toString('latin1').matchAll(EVENT)) {
      events++
      if (sent && delaysMs.length < 200_000) delaysMs.push(Number(now - BigInt(sent)) / 1e6)
    }
  }
  const onOver = (error: Error | undefined) => {
    if (error) failed++
    if (++over === count) resolve()
  }
  for (let i = 0; i < count; i++) {
    const counter = new Counter(onOver, onChunk)
    counters.push(counter)
    agent.dispatch(options, counter)
    // The accept backlog is finite; batches of a few hundred do not overflow it.
    if (i % 250 === 249) await new Promise((next) => setTimeout(next, 20))
  }
  return {
    events: () => events,
    failed: () => failed,
    delaysMs,
    ended,
    close: async () => agent.destroy(),
  }
}

/** @param sorted ascending */
export function percentile(sorted: readonly number[], p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? Number.NaN
}
