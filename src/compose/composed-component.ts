/** Implements the shared methods of composed teams and workflows: run, stream, cancel, and read an earlier run. */
import { LRUCache } from 'lru-cache'
import type { CallOptions } from '../client/agentos-api.ts'
import type { RunInput, StreamedAnswer, WholeAnswer } from '../client/run-types.ts'
import { Channel } from './channel.ts'
import type { ComposedRunOptions } from './composed-run.ts'
import { ComposedRun } from './composed-run.ts'
import { nowSeconds } from './ids.ts'
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

/** A team or workflow of members. It implements `Member`, so compositions nest. */
export abstract class ComposedComponent {
  abstract readonly kind: 'teams' | 'workflows'
  readonly id: string
  readonly name: string
  readonly description: string | undefined
  readonly deadlineMs: number
  readonly #active = new Map<string, ComposedRun>()
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
   * Executes a prepared run to its end.
   *
   * @returns the result, also of a failed or cancelled run
   */
  async execute(run: ComposedRun): Promise<RunResult> {
    this.#active.set(run.runId, run)
    const timer = this.deadlineMs > 0 && setTimeout(() => run.stop('deadline'), this.#timeLeft(run))
    try {
      const result = await this.perform(run)
      this.#outputs.set(run.runId, result.output)
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

  /** Returns the output of one of the last 1,000 runs. @throws {UnknownRun} */
  async getRun(runId: string, _options?: CallOptions): Promise<MemberOutput> {
    const output = this.#outputs.get(runId)
    if (output === undefined) throw new UnknownRun(`no run ${runId} of ${this.name} is known here`)
    return output
  }

  /** A run that is taken up again has what its earlier parts have left. */
  #timeLeft({ createdAt }: ComposedRun): number {
    return Math.max(0, this.deadlineMs - (nowSeconds() - createdAt) * 1000)
  }

  /** Executes the component. Failures of members do not throw. */
  protected abstract perform(run: ComposedRun): Promise<RunResult>

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
