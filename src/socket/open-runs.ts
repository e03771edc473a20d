/**
 * Tracks the open commands and runs of one upstream socket. A command is open until its first reply, a run until its end.
 */
import type { FrameHead } from './frames.ts'

/** The frame that ended a command or run; undefined where the socket closed before. */
export interface CommandEnd {
  /** `WorkflowCompleted`, …; `error` or `auth_required` for a refused command. */
  readonly event: string
  readonly runId: string | undefined
}

/** A message of the client that waits for a reply of the upstream. */
export interface Command {
  readonly action: string
  /** The upstream's id of the workflow. */
  readonly workflowId: string | undefined
  readonly runId: string | undefined
  /** Releases the run's slot in the limit of parallel runs, and records the end of the run. Called once. */
  readonly release?: ((end?: CommandEnd) => void) | undefined
  /** Receives the frames of the run, to charge its tokens. */
  readonly onFrame?: FrameListener | undefined
}

/** Receives a frame as it came from the upstream. */
export type FrameListener = (frame: Buffer) => void

/** A run with the upstream's workflow id. */
export interface OpenRun {
  readonly runId: string
  readonly workflowId: string | undefined
  /** See {@link Command}. */
  readonly release?: ((end?: CommandEnd) => void) | undefined
  readonly onFrame?: FrameListener | undefined
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
/** Most open commands; the oldest are dropped. */
const MAX_COMMANDS = 1_000

export class OpenRuns {
  #commands: Command[] = []
  readonly #runs = new Map<string, OpenRun>()
  #hasListeners = false

  /** Adds a command that was sent. */
  expectReply(command: Command): void {
    this.#hasListeners ||= command.onFrame !== undefined
    this.#commands.push(command)
    if (this.#commands.length > MAX_COMMANDS) this.#commands.shift()?.release?.()
  }

  /** The head of each frame is needed, because a run has a listener. */
  get hasListeners(): boolean {
    return this.#hasListeners
  }

  /** Passes a frame to the listener of its run. Call it before {@link onFrame}, which forgets a run at its end. */
  listen({ runId = '', workflowRunId }: FrameHead, frame: Buffer): void {
    this.#runs.get(workflowRunId ?? runId)?.onFrame?.(frame)
  }

  /** A command waits for a reply, so each frame may be it. */
  get awaitsReply(): boolean {
    return this.#commands.length > 0
  }

  get isIdle(): boolean {
    return this.#commands.length === 0 && this.#runs.size === 0
  }

  /** Reads the head of a frame. @returns the run that it starts */
  onFrame(head: FrameHead): OpenRun | undefined {
    const { event, isJson, runId } = head
    if (isJson && REFUSALS.has(event)) this.#commands.shift()?.release?.({ event, runId })
    else if (isJson && AUTH_EVENTS.has(event))
      this.#settle(({ action }) => action === 'authenticate')
    else if (isJson && SUBSCRIPTION_EVENTS.has(event) && runId !== undefined) {
      const command = this.#settle((owed) => owed.runId === runId)
      if (event !== 'replay') return this.#open(runId, command?.workflowId, command)
    } else if (event === 'WorkflowStarted' && runId !== undefined && !isJson && !head.isNested) {
      const command = this.#settle(
        (owed) => owed.runId === undefined && owed.workflowId === head.workflowId,
      )
      return this.#open(runId, head.workflowId, command)
    } else if (END_EVENTS.has(event) && runId !== undefined && !head.isNested) {
      this.#settle((owed) => owed.runId === runId)?.release?.({ event, runId })
      this.#runs.get(runId)?.release?.({ event, runId })
      this.#runs.delete(runId)
    } else if (this.awaitsReply) return this.#onContinued(head)
    return undefined
  }

  /** Removes and returns all open commands and runs. */
  takeAll(): { readonly commands: readonly Command[]; readonly runs: readonly OpenRun[] } {
    const taken = { commands: this.#commands, runs: [...this.#runs.values()] }
    this.#commands = []
    this.#runs.clear()
    for (const { release } of [...taken.commands, ...taken.runs]) release?.()
    return taken
  }

  /** A continued run has no start event, so its first event shows that it runs. */
  #onContinued({ isJson, runId, workflowRunId, workflowId }: FrameHead): OpenRun | undefined {
    if (isJson) return undefined
    const ids = [runId, workflowRunId]
    const command = this.#settle((owed) => owed.runId !== undefined && ids.includes(owed.runId))
    if (command?.runId === undefined) return undefined
    return this.#open(command.runId, command.workflowId ?? workflowId, command)
  }

  #open(
    runId: string,
    workflowId: string | undefined,
    { release, onFrame }: Pick<Command, 'release' | 'onFrame'> = {},
  ): OpenRun {
    const known = this.#runs.get(runId)
    // A run that is reported twice has only one slot.
    if (known?.release && release) known.release()
    const kept = release ?? known?.release
    const listener = onFrame ?? known?.onFrame
    const run = {
      runId,
      workflowId,
      ...(kept && { release: kept }),
      ...(listener && { onFrame: listener }),
    }
    this.#runs.set(runId, run)
    return run
  }

  #settle(isAnswered: (command: Command) => boolean): Command | undefined {
    const at = this.#commands.findIndex(isAnswered)
    return at === -1 ? undefined : this.#commands.splice(at, 1)[0]
  }
}
