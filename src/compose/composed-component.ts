/** Implements the shared methods of composed teams and workflows: run, stream, cancel, and read an earlier run. */
import { LRUCache } from 'lru-cache'
import type { CallOptions } from '../client/agentos-api.ts'
import type { ContinueOptions, RunInput, StreamedAnswer, WholeAnswer } from '../client/run-types.ts'
import { Channel } from './channel.ts'
import type { ComposedRunOptions } from './composed-run.ts'
import { ComposedRun } from './composed-run.ts'
import type { Answers } from './journal.ts'
import { continuation, MemoryJournal } from './journal.ts'
import type { ComposedEvent, MemberOutput } from './member.ts'

/** Options that composed teams and workflows share. */
export interface ComposedOptions {
  readonly id: string
  /** Default: the id. */
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** Longest run in milliseconds; 0 for none. Default 0. */
  readonly deadlineMs?: number | undefined
}

/** How a run ended. */
export interface RunResult {
  /** The complete output, in AgentOS's form. */
  readonly output: MemberOutput
  /** The session state after the run. */
  readonly sessionState: Readonly<Record<string, unknown>>
}

/** Thrown for a run id that this process does not know. */
export class UnknownRun extends Error {
  override readonly name = 'UnknownRun'
}

/** Number of outputs that {@link ComposedComponent.getRun} can return. */
const KEPT_OUTPUTS = 1_000

/** Thrown when a run that is not paused is to be continued. */
export class RunNotPaused extends Error {
  override readonly name = 'RunNotPaused'
}

function unknownRun(runId: string, name: string): UnknownRun {
  return new UnknownRun(`no run ${runId} of ${name} is known here`)
}

/** A team or workflow of members. It implements `Member`, so compositions nest. */
export abstract class ComposedComponent {
  abstract readonly kind: 'teams' | 'workflows'
  readonly id: string
  readonly name: string
  readonly description: string | undefined
  readonly deadlineMs: number
  /** Number of earlier runs of the session that a run uses. */
  readonly numHistoryRuns: number = 0
  readonly #active = new Map<string, ComposedRun>()
  readonly #paused = new LRUCache<string, ComposedRun>({ max: KEPT_OUTPUTS })
  readonly #outputs = new LRUCache<string, MemberOutput>({ max: KEPT_OUTPUTS })

  constructor({ id, name = id, description, deadlineMs = 0 }: ComposedOptions) {
    this.id = id
    this.name = name
    this.description = description
    this.deadlineMs = deadlineMs
  }

  /**
   * Runs the component. A failed or cancelled run does not throw: its last event and its `status` report the failure.
   *
   * @returns with `stream: true` an iteration of events, otherwise a promise of the complete output. Leaving the
   *   iteration early cancels the run.
   */
  run(
    input: RunInput,
    options: ComposedRunOptions & StreamedAnswer,
  ): AsyncGenerator<ComposedEvent, void, undefined>
  run(input: RunInput, options?: ComposedRunOptions & WholeAnswer): Promise<MemberOutput>
  run(
    input: RunInput,
    options: ComposedRunOptions & (StreamedAnswer | WholeAnswer) = {},
  ): AsyncGenerator<ComposedEvent, void, undefined> | Promise<MemberOutput> {
    const { extraFields } = options
    const runId = options.runId ?? (extraFields?.['run_id'] as string | undefined)
    const given = { ...options, runId }
    return options.stream === true ? this.#stream(input, given) : this.#whole(input, given)
  }

  /**
   * Continues a paused run of this process. A run is continued once; it may pause again.
   *
   * @param run id of the run, or its paused output
   * @param answers requirements of the paused output with their answers. Those without one stay open
   * @returns as {@link run}
   * @throws {UnknownRun} for a run that is not known here, or of another user
   * @throws {RunNotPaused} for a run that is not paused, such as one that is being continued
   */
  continueRun(
    run: string | MemberOutput,
    answers: Answers | undefined,
    options: ContinueOptions & StreamedAnswer,
  ): AsyncGenerator<ComposedEvent, void, undefined>
  continueRun(
    run: string | MemberOutput,
    answers?: Answers,
    options?: ContinueOptions & WholeAnswer,
  ): Promise<MemberOutput>
  continueRun(
    run: string | MemberOutput,
    answers?: Answers,
    options: ContinueOptions & (StreamedAnswer | WholeAnswer) = {},
  ): AsyncGenerator<ComposedEvent, void, undefined> | Promise<MemberOutput> {
    if (options.stream === true) return this.#continueStream(run, answers, options)
    return this.#continueWhole(run, answers, options)
  }

  /**
   * Executes a prepared run to its end.
   *
   * @returns the result, also of a failed or cancelled run
   */
  async execute(run: ComposedRun): Promise<RunResult> {
    this.#active.set(run.runId, run)
    const timer = this.deadlineMs > 0 && setTimeout(() => run.stop('deadline'), this.#timeLeft(run))
    try {
      const result = await this.perform(run)
      // The owner of another journal keeps the run: a composer in its store.
      const isOurs = run.journal instanceof MemoryJournal
      if (isOurs) this.#outputs.set(run.runId, result.output)
      if (isOurs && result.output.status === 'PAUSED') this.#paused.set(run.runId, run)
      return result
    } finally {
      if (timer) clearTimeout(timer)
      this.#active.delete(run.runId)
    }
  }

  /**
   * Cancels a run of this process and all its member runs.
   *
   * @returns false when the run is not in progress
   */
  cancelRun(runId: string, _options?: CallOptions): Promise<boolean> {
    const run = this.#active.get(runId)
    run?.stop('cancelled')
    return Promise.resolve(run !== undefined)
  }

  /** Returns the output of one of the last 1,000 runs without a journal of their own. @throws {UnknownRun} */
  async getRun(runId: string, _options?: CallOptions): Promise<MemberOutput> {
    const output = this.#outputs.get(runId)
    if (output === undefined) throw unknownRun(runId, this.name)
    return output
  }

  /** A replayed run has the time that its earlier parts have left. Time in a pause does not count. */
  #timeLeft({ spentMs }: ComposedRun): number {
    return Math.max(0, this.deadlineMs - spentMs)
  }

  /** Executes the component. Failures of members do not throw. */
  protected abstract perform(run: ComposedRun): Promise<RunResult>

  async *#continueStream(
    run: string | MemberOutput,
    answers: Answers | undefined,
    options: ContinueOptions,
  ): AsyncGenerator<ComposedEvent, void, undefined> {
    const { input, given } = this.#takePaused(run, answers, options)
    yield* this.#stream(input, given)
  }

  async #continueWhole(
    run: string | MemberOutput,
    answers: Answers | undefined,
    options: ContinueOptions,
  ): Promise<MemberOutput> {
    const { input, given } = this.#takePaused(run, answers, options)
    return await this.#whole(input, given)
  }

  #takePaused(
    run: string | MemberOutput,
    answers: Answers | undefined,
    { userId, authToken, headers, signal }: ContinueOptions,
  ) {
    const output = typeof run === 'string' ? { run_id: run } : run
    const runId = output.run_id ?? ''
    const paused = this.#paused.get(runId)
    const owner = paused?.options.userId
    if (paused === undefined || (userId !== undefined && owner !== undefined && userId !== owner)) {
      const { status } = this.#outputs.get(runId) ?? {}
      if (status === undefined || paused) throw unknownRun(runId, this.name)
      throw new RunNotPaused(`run ${runId} of ${this.name} is not paused (status=${status})`)
    }
    this.#paused.delete(runId)
    const { requirements, step_requirements, error_requirements } = output as Partial<
      Record<string, Answers>
    >
    const { input, journal, sessionId, options } = paused
    const asked = step_requirements ?? requirements ?? []
    const given = answers ?? [...asked, ...(error_requirements ?? [])]
    // A journal in memory has the entry at once.
    void journal.put('continued', continuation(journal, given))
    const caller = { authToken, headers, signal }
    return { input, given: { ...options, ...caller, runId, sessionId, journal } }
  }

  async *#stream(
    input: RunInput,
    options: ComposedRunOptions,
  ): AsyncGenerator<ComposedEvent, void, undefined> {
    const channel = new Channel<ComposedEvent>()
    const run = new ComposedRun(input, options, true, (event) => channel.push(event))
    const ended = this.execute(run).then(
      () => channel.close(),
      (error: Error) => channel.close(error),
    )
    yield* channel.read(() => run.stop('disconnected'))
    await ended
  }

  async #whole(input: RunInput, options: ComposedRunOptions): Promise<MemberOutput> {
    const run = new ComposedRun(input, options, false, () => Promise.resolve())
    return (await this.execute(run)).output
  }
}
