/** What is under way on one upstream's socket: commands that wait for their first frame, and runs that have not ended. */
import type { FrameHead } from './frames.ts'

/** A message of the client that an upstream owes an answer to. */
export interface Command {
  readonly action: string
  /** Id of the workflow on the upstream. */
  readonly workflowId: string | undefined
  readonly runId: string | undefined
  /** Gives back the place that its run has among those that may be under way; called once. */
  readonly release?: () => void
}

/** A run, its workflow in the upstream's terms. */
export interface OpenRun {
  readonly runId: string
  readonly workflowId: string | undefined
  /** See {@link Command}. */
  readonly release?: () => void
}

const END_EVENTS = new Set([
  'WorkflowCompleted',
  'WorkflowError',
  'WorkflowCancelled',
  'WorkflowPaused',
])
const SUBSCRIPTION_EVENTS = new Set(['subscribed', 'catch_up', 'replay'])
const AUTH_EVENTS = new Set(['authenticated', 'auth_error'])
const REFUSALS = new Set(['error', 'auth_required'])
/** More than this a client does not wait for; the oldest are forgotten. */
const MAX_COMMANDS = 1_000

export class OpenRuns {
  #commands: Command[] = []
  readonly #runs = new Map<string, OpenRun>()

  /** A command goes out. */
  expectReply(command: Command): void {
    this.#commands.push(command)
    if (this.#commands.length > MAX_COMMANDS) this.#commands.shift()?.release?.()
  }

  /** Some command has had no answer yet, so every frame may be it. */
  get awaitsReply(): boolean {
    return this.#commands.length > 0
  }

  get isIdle(): boolean {
    return this.#commands.length === 0 && this.#runs.size === 0
  }

  /** A frame has come. @returns the run that begins with it */
  onFrame(head: FrameHead): OpenRun | undefined {
    const { event, isJson, runId } = head
    if (isJson && REFUSALS.has(event)) this.#commands.shift()?.release?.()
    else if (isJson && AUTH_EVENTS.has(event))
      this.#settle(({ action }) => action === 'authenticate')
    else if (isJson && SUBSCRIPTION_EVENTS.has(event) && runId !== undefined) {
      const command = this.#settle((owed) => owed.runId === runId)
      if (event !== 'replay') return this.#open(runId, command?.workflowId, command?.release)
    } else if (event === 'WorkflowStarted' && runId !== undefined && !isJson && !head.isNested) {
      const command = this.#settle(
        (owed) => owed.runId === undefined && owed.workflowId === head.workflowId,
      )
      return this.#open(runId, head.workflowId, command?.release)
    } else if (END_EVENTS.has(event) && runId !== undefined && !head.isNested) {
      this.#settle((owed) => owed.runId === runId)?.release?.()
      this.#runs.get(runId)?.release?.()
      this.#runs.delete(runId)
    } else if (this.awaitsReply) return this.#onContinued(head)
    return undefined
  }

  /** Everything that is under way, and nothing is any more. */
  takeAll(): { readonly commands: readonly Command[]; readonly runs: readonly OpenRun[] } {
    const taken = { commands: this.#commands, runs: [...this.#runs.values()] }
    this.#commands = []
    this.#runs.clear()
    for (const { release } of [...taken.commands, ...taken.runs]) release?.()
    return taken
  }

  /** A continued run has no first event of its own: whatever comes of it shows that it goes on. */
  #onContinued({ isJson, runId, workflowRunId, workflowId }: FrameHead): OpenRun | undefined {
    if (isJson) return undefined
    const ids = [runId, workflowRunId]
    const command = this.#settle((owed) => owed.runId !== undefined && ids.includes(owed.runId))
    if (command?.runId === undefined) return undefined
    return this.#open(command.runId, command.workflowId ?? workflowId, command.release)
  }

  #open(runId: string, workflowId: string | undefined, release?: () => void): OpenRun {
    const known = this.#runs.get(runId)?.release
    // Told of twice it is one run, and has one place.
    if (known && release) known()
    const kept = release ?? known
    const run = { runId, workflowId, ...(kept && { release: kept }) }
    this.#runs.set(runId, run)
    return run
  }

  #settle(isAnswered: (command: Command) => boolean): Command | undefined {
    const at = this.#commands.findIndex(isAnswered)
    return at === -1 ? undefined : this.#commands.splice(at, 1)[0]
  }
}
