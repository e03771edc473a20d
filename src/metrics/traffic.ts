/** Counts finished requests by their labels, with a limit on the number of label sets. */
import type { ErrorCode } from '../errors.ts'
import type { Tokens } from '../usage/spent.ts'
import { Histogram } from './histogram.ts'
import type { Snapshot } from './snapshot.ts'

/** Most label sets, separately for requests and streams; further ones are counted as `other`. */
export const MAX_SERIES = 1_000
const OTHER = 'other'

/** Labels of a finished request. All values come from the configuration, the catalogue or the code. */
export interface RequestLabels {
  readonly method: string
  /** Pattern of the route, such as `/agents/{id}`. */
  readonly route: string
  /** `''` if no upstream was asked. */
  readonly upstream: string
  /** `agents/echo`; `''` where the route has none. */
  readonly component: string
  /** Name of the face that was called; empty for AgentOS's own API. */
  readonly face: string
}

/** Requests with the same labels, counted since the start of the process. */
export interface RequestSeries {
  readonly labels: RequestLabels
  /** By class: 1 for 1xx. */
  readonly statuses: number[]
  readonly duration: Histogram
  bytes: number
}

/** Event streams of one component, counted since the start of the process. */
export interface StreamSeries {
  readonly labels: Pick<RequestLabels, 'upstream' | 'component'>
  readonly firstEvent: Histogram
  streams: number
  events: number
  reattached: number
}

/** Runs and tokens have these labels. */
export interface RunLabels extends Pick<RequestLabels, 'upstream' | 'component'> {
  /** Verified subject; `''` without one, undefined where the label is off. See `caller-labels.ts`. */
  readonly caller: string | undefined
}

/** Runs with the same labels, counted since the start of the process. */
export interface RunSeries {
  readonly labels: RunLabels
  runs: number
  inputTokens: number
  outputTokens: number
}

/** A stream that is over. */
export interface StreamSample {
  /** Undefined for a stream without events. */
  readonly firstEventSeconds: number | undefined
  readonly events: number
  readonly reattached: number
}

/** Refusals of these codes are refusals by a limit. */
const LIMITS: Readonly<Partial<Record<ErrorCode, string>>> = {
  AGW_RATE_LIMITED: 'rate_limit',
  AGW_TOO_MANY_RUNS: 'max_parallel_runs',
  AGW_BUDGET_EXCEEDED: 'budgets',
  AGW_TOO_MANY_SOCKETS: 'max_web_sockets',
  AGW_TOO_MANY_CONNECTIONS: 'max_connections_per_address',
}

/** Requests, streams and failures of one process, from its start. */
export class Traffic {
  readonly #maxSeries: number
  readonly #requests = new Map<string, RequestSeries>()
  readonly #streams = new Map<string, StreamSeries>()
  readonly #runs = new Map<string, RunSeries>()
  readonly #errors = new Map<ErrorCode, Map<string, number>>()
  readonly #keys = new Map<string, number>()
  #overflow = 0
  #framesIn = 0
  #framesOut = 0

  constructor(maxSeries = MAX_SERIES) {
    this.#maxSeries = maxSeries
  }

  /** @param status 100 to 599 */
  request(labels: RequestLabels, status: number, seconds: number, bytes: number): void {
    const series = this.#requestSeries(labels)
    const at = Math.trunc(status / 100)
    series.statuses[at] = (series.statuses[at] ?? 0) + 1
    series.duration.observe(seconds)
    series.bytes += bytes
  }

  /** @param name of an API key; the configuration bounds their number */
  keyRequest(name: string): void {
    this.#keys.set(name, (this.#keys.get(name) ?? 0) + 1)
  }

  stream(upstream: string, component: string, sample: StreamSample): void {
    const series = this.#streamSeries(upstream, component)
    series.streams++
    series.events += sample.events
    series.reattached += sample.reattached
    if (sample.firstEventSeconds !== undefined) series.firstEvent.observe(sample.firstEventSeconds)
  }

  /** @param count number of runs that are over */
  runs(labels: RunLabels, count: number): void {
    this.#runSeries(labels).runs += count
  }

  tokens(labels: RunLabels, { input, output }: Tokens): void {
    const series = this.#runSeries(labels)
    series.inputTokens += input
    series.outputTokens += output
  }

  webSocket(framesIn: number, framesOut: number): void {
    this.#framesIn += framesIn
    this.#framesOut += framesOut
  }

  /** @param upstream `''` for an error about no upstream */
  error(code: ErrorCode, upstream: string): void {
    const byUpstream = this.#errors.get(code) ?? new Map<string, number>()
    this.#errors.set(code, byUpstream)
    const isKnown = byUpstream.has(upstream) || byUpstream.size < this.#maxSeries
    const name = isKnown ? upstream : OTHER
    byUpstream.set(name, (byUpstream.get(name) ?? 0) + 1)
  }

  /** Every series of requests, for `src/history`. */
  get requestSeries(): Iterable<RequestSeries> {
    return this.#requests.values()
  }

  /** Every series of streams, for `src/history`. */
  get streamSeries(): Iterable<StreamSeries> {
    return this.#streams.values()
  }

  /** Every series of runs, for `src/history`. */
  get runSeries(): Iterable<RunSeries> {
    return this.#runs.values()
  }

  #requestSeries(labels: RequestLabels): RequestSeries {
    const { method, route, upstream, component, face } = labels
    const key = `${method} ${route} ${upstream} ${component} ${face}`
    const known = this.#requests.get(key)
    if (known) return known
    if (this.#requests.size >= this.#maxSeries) {
      this.#overflow++
      return this.#requests.get(OTHER) ?? this.#addRequest(OTHER, OTHERS)
    }
    return this.#addRequest(key, { method, route, upstream, component, face })
  }

  #addRequest(key: string, labels: RequestLabels): RequestSeries {
    const series = { labels, statuses: [], duration: new Histogram(), bytes: 0 }
    this.#requests.set(key, series)
    return series
  }

  #streamSeries(upstream: string, component: string): StreamSeries {
    const key = `${upstream} ${component}`
    const known = this.#streams.get(key)
    if (known) return known
    const isFull = this.#streams.size >= this.#maxSeries
    const labels = isFull ? { upstream: OTHER, component: OTHER } : { upstream, component }
    const name = isFull ? OTHER : key
    const series = this.#streams.get(name) ?? emptyStream(labels)
    this.#streams.set(name, series)
    return series
  }

  #runSeries({ upstream, component, caller }: RunLabels): RunSeries {
    const isPlain = caller === undefined
    const key = isPlain ? `${upstream} ${component}` : JSON.stringify([upstream, component, caller])
    const known = this.#runs.get(key)
    if (known) return known
    const isFull = this.#runs.size >= this.#maxSeries
    const name = isFull ? OTHER : key
    const labels = isFull ? OTHER_RUNS : { upstream, component, caller }
    const series = this.#runs.get(name) ?? { labels, runs: 0, inputTokens: 0, outputTokens: 0 }
    this.#runs.set(name, series)
    return series
  }

  addTo(snapshot: Snapshot): void {
    for (const { labels, statuses, duration, bytes } of this.#requests.values()) {
      const own = { ...labels }
      for (const [at, count] of statuses.entries()) {
        if (count !== undefined) snapshot.add('requests', count, { ...own, status: `${at}xx` })
      }
      snapshot.addHistogram('duration', duration, own)
      snapshot.add('responseBytes', bytes, own)
    }
    for (const series of this.#streams.values()) addStream(snapshot, series)
    for (const series of this.#runs.values()) addRuns(snapshot, series)
    for (const [key, count] of this.#keys) snapshot.add('keyRequests', count, { key })
    for (const [code, byUpstream] of this.#errors) {
      const limit = LIMITS[code]
      for (const [upstream, count] of byUpstream) {
        snapshot.add('errors', count, { code, upstream })
      }
      if (limit) {
        const all = [...byUpstream.values()].reduce((sum, count) => sum + count, 0)
        snapshot.add('rateLimited', all, { limit })
      }
    }
    snapshot.add('seriesOverflow', this.#overflow)
    snapshot.add('webSocketFrames', this.#framesIn, { direction: 'in' })
    snapshot.add('webSocketFrames', this.#framesOut, { direction: 'out' })
  }
}

const OTHERS: RequestLabels = {
  method: OTHER,
  route: OTHER,
  upstream: OTHER,
  component: OTHER,
  face: '',
}

const OTHER_RUNS: RunLabels = { upstream: OTHER, component: OTHER, caller: OTHER }

function emptyStream(labels: StreamSeries['labels']): StreamSeries {
  return {
    labels,
    firstEvent: new Histogram(),
    streams: 0,
    events: 0,
    reattached: 0,
  }
}

function addStream(snapshot: Snapshot, series: StreamSeries): void {
  const labels = { ...series.labels }
  snapshot.add('streams', series.streams, labels)
  snapshot.add('events', series.events, labels)
  snapshot.add('reattached', series.reattached, labels)
  snapshot.addHistogram('firstEvent', series.firstEvent, labels)
}

function addRuns(snapshot: Snapshot, { labels, runs, inputTokens, outputTokens }: RunSeries): void {
  const { upstream, component, caller } = labels
  const own = { upstream, component, ...(caller !== undefined && { caller }) }
  snapshot.add('runs', runs, own)
  snapshot.add('tokens', inputTokens, { ...own, direction: 'input' })
  snapshot.add('tokens', outputTokens, { ...own, direction: 'output' })
}

const RUN_ROUTE = /^\/(?:agents|teams|workflows)\/\{id\}\/runs$/

/** Requests with these labels start runs: a POST on a run route, or through a face to a component. */
export function startsRuns({ method, route, face, component }: RequestLabels): boolean {
  return method === 'POST' && ((face !== '' && component !== '') || RUN_ROUTE.test(route))
}
