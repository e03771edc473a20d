/** Sums the tokens and the cost of one run and its members, from its events and outputs. Does no I/O. */
import { isObject } from '../json/is-object.ts'
import type { Metrics, Spent } from './spent.ts'
import { isNothing, largerOf, NOTHING_SPENT, spentIn, sumOf } from './spent.ts'

type Dict = Readonly<Record<string, unknown>>

/** Events that end a run. */
const END = /^(?:Team)?Run(?:Completed|Cancelled|Error)$|^Workflow(?:Completed|Cancelled|Error)$/
/** Events that may have the metrics of a run. */
const OUTPUT = /^(?:Team)?RunPaused$|^WorkflowPaused$/
const MODEL_REQUEST = /^(?:Team)?ModelRequestCompleted$/
/** Texts of which each event that {@link RunUsage} counts has one in its name. */
export const RUN_EVENTS = ['Completed"', 'Paused"', 'Cancelled"', 'Error"'].map((text) =>
  Buffer.from(text),
)
/** Statuses of runs that have ended; servers without a status answer ended runs only. */
const ENDED = new Set<unknown>([undefined, 'COMPLETED', 'CANCELLED', 'ERROR'])
/** Largest number of runs that are distinguished; further ones are not counted. */
const MAX_RUNS = 10_000
/** Deepest nesting of members that is read. */
const MAX_DEPTH = 20

interface OneRun {
  /** Sum of the requests to models that events have reported. */
  requests: Spent
  /** Metrics of the output, which also contain requests without an event. */
  output: Spent
}

/** Tokens, of which the direction is not known, and cost. */
export interface SpentBefore extends Pick<Spent, 'microCost'> {
  readonly tokens: number
}

/** Options of a {@link RunUsage}. */
export interface RunUsageOptions {
  /** Counts the run without its members, which are counted as runs of their own. Default false. */
  readonly isOwnOnly?: boolean
  /** Tokens and cost of the run that have been counted before. Default nothing. */
  readonly before?: SpentBefore
  /** Id of the run. Default: the id in the first event or the output. */
  readonly runId?: string
}

/**
 * A team's metrics are those of its leader, so the members' are added by their run ids. A workflow's metrics are those of
 * its steps, so the larger of both sums counts.
 */
export class RunUsage {
  readonly #options: RunUsageOptions
  readonly #runs = new Map<string, OneRun>()
  #steps = NOTHING_SPENT
  #rootId: string | undefined
  #sessionId: string | undefined
  #isOver = false
  #isPaused = false
  #isBackground = false
  /** Index of the last event of a background run: events that are read again do not count again. */
  #lastIndex = -1

  constructor(options: RunUsageOptions = {}) {
    this.#options = options
    this.#rootId = options.runId
  }

  /** Id of the run; undefined before its first event or output. */
  get runId(): string | undefined {
    return this.#rootId
  }

  /** Session of the run; undefined before AgentOS names it. */
  get sessionId(): string | undefined {
    return this.#sessionId
  }

  /** The run has neither ended nor paused. */
  get isRunning(): boolean {
    return !this.#isOver && !this.#isPaused
  }

  /** The run continues without its response. */
  get isUnwatched(): boolean {
    return this.#isBackground && this.isRunning
  }

  /** The run has ended, and does not wait for an answer. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Usage of the run that AgentOS has reported so far. */
  get total(): Spent {
    const { isOwnOnly = false, before } = this.#options
    let sum = before
      ? { ...NOTHING_SPENT, input: before.tokens, microCost: before.microCost }
      : NOTHING_SPENT
    for (const [id, { requests, output }] of this.#runs) {
      const isRoot = id === this.#rootId
      if (isOwnOnly && !isRoot) continue
      // The output of a continued run contains what was counted before.
      const whole = isRoot && before ? beyond(output, before) : output
      sum = sumOf(sum, largerOf(requests, whole))
    }
    return isOwnOnly ? sum : largerOf(sum, this.#steps)
  }

  /** Reads an event of the run or of one of its members. */
  readEvent(event: Dict): void {
    const { event: name, run_id: runId, workflow_run_id: workflow, event_index: index } = event
    if (typeof name !== 'string' || typeof runId !== 'string') return
    this.#rootId ??= typeof workflow === 'string' ? workflow : runId
    this.#isBackground ||= typeof index === 'number'
    this.#noteSession(event)
    if (MODEL_REQUEST.test(name)) {
      if (!this.#isRead(index)) this.#add(runId, { requests: spentIn(event) })
      return
    }
    const isEnd = END.test(name)
    if (!isEnd && !OUTPUT.test(name)) return
    this.#readOutput(event, 0)
    if (runId !== this.#rootId) return
    this.#isOver = isEnd
    this.#isPaused = !isEnd
  }

  /** Reads the output of the run, as AgentOS answers it without streaming. */
  readOutput(output: Dict): void {
    const { run_id: runId, status } = output
    if (typeof runId === 'string') this.#rootId ??= runId
    this.#readOutput(output, 0)
    this.#noteSession(output)
    this.#isOver = ENDED.has(status)
    this.#isPaused = status === 'PAUSED'
    this.#isBackground ||= status === 'PENDING' || status === 'RUNNING'
  }

  #noteSession({ session_id: id }: Dict): void {
    if (typeof id === 'string') this.#sessionId ??= id
  }

  #isRead(index: unknown): boolean {
    if (typeof index !== 'number') return false
    if (index <= this.#lastIndex) return true
    this.#lastIndex = index
    return false
  }

  #readOutput(output: Dict, depth: number): void {
    const { run_id: runId = '', metrics } = output
    if (isObject(metrics)) {
      const steps = stepsOf(metrics)
      this.#steps = largerOf(this.#steps, steps)
      this.#add(String(runId), { output: spentIn(metrics as Metrics) })
    }
    if (depth >= MAX_DEPTH) return
    for (const member of ['member_responses', 'step_executor_runs'] as const) {
      const inner = output[member]
      if (!Array.isArray(inner)) continue
      for (const one of inner) if (isObject(one)) this.#readOutput(one, depth + 1)
    }
  }

  #add(runId: string, { requests = NOTHING_SPENT, output = NOTHING_SPENT }: Partial<OneRun>): void {
    if (isNothing(requests) && isNothing(output)) return
    const known = this.#runs.get(runId)
    if (known === undefined) {
      if (this.#runs.size < MAX_RUNS) this.#runs.set(runId, { requests, output })
      return
    }
    known.requests = sumOf(known.requests, requests)
    known.output = largerOf(known.output, output)
  }
}

/** The part of `spent` that exceeds the amount before. Input counts first. */
function beyond(spent: Spent, before: SpentBefore): Spent {
  const { input, output, microCost } = spent
  return {
    input: Math.max(0, input - before.tokens),
    output: Math.max(0, output - Math.max(0, before.tokens - input)),
    microCost: Math.max(0, microCost - before.microCost),
  }
}

/** Sum of the steps in the metrics of a workflow. */
function stepsOf({ steps }: Dict): Spent {
  if (!isObject(steps)) return NOTHING_SPENT
  let sum = NOTHING_SPENT
  for (const step of Object.values(steps)) {
    const metrics = isObject(step) ? step['metrics'] : undefined
    if (isObject(metrics)) sum = sumOf(sum, sumOf(spentIn(metrics as Metrics), stepsOf(metrics)))
  }
  return sum
}
