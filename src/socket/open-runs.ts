/**
 * Tracks the open commands and runs of one upstream socket. A command is open until its first reply, a run until its end.
 */
import type { ErrorCode, GatewayError } from '../errors.ts'
import type { FrameHead } from './frames.ts'

/** The frame that ended a command or run; undefined where the socket closed before. */
export interface CommandEnd {
  /** `WorkflowCompleted`, …; `error` or `auth_required` for a refused command. */
  readonly event: string
  readonly runId: string | undefined
  /** Set for a run that the gateway has stopped. */
  readonly error?: ErrorCode
}

/** Stops a run that exceeds its limits. */
export interface SocketGuard {
  /** Resolves when the run has exceeded a limit and AgentOS does not end it. */
  readonly failed: Promise<GatewayError>
  /** The run has exceeded a limit. */
  readonly isStopping: boolean
  onFrame(frame: Buffer): void
  /** No further frame comes. @param isOver false: the run may continue without the socket */
  end(isOver: boolean): void
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
  /** Set for a run with a limit. */
  readonly guard?: SocketGuard | undefined
  /** The run is read on after its client has left, for its limit or its budget. Default false. */
  readonly isReadOn?: boolean
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
  readonly guard?: SocketGuard | undefined
  readonly isReadOn?: boolean
}

/** Commands and runs that are not tracked any more. */
export interface TakenRuns {
  readonly commands: readonly Command[]
  readonly runs: readonly OpenRun[]
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
  /** Ids of runs that the gateway has ended for the client. */
  readonly #stopped = new Set<string>()

  /** Adds a command that was sent. */
  expectReply(command: Command): void {
    this.#hasListeners ||= command.onFrame !== undefined || command.guard !== undefined
    this.#commands.push(command)
    if (this.#commands.length > MAX_COMMANDS) this.#commands.shift()?.release?.()
  }

  /** The head of each frame is needed, because a run has a listener. */
  get hasListeners(): boolean {
    return this.#hasListeners
  }

  /** Passes a frame to the listener of its run. Call it before {@link onFrame}, which forgets a run at its end. */
  listen({ runId = '', workflowRunId }: FrameHead, frame: Buffer): void {
    listenTo(this.#runs.get(workflowRunId ?? runId), frame)
  }

  /** The gateway has ended the run for the client, so that its frames are not sent any more. */
  isStopped({ runId = '', workflowRunId }: FrameHead): boolean {
    return this.#stopped.size > 0 && this.#stopped.has(workflowRunId ?? runId)
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
  takeAll(): TakenRuns {
    return this.#take(() => true)
  }

  /** Removes all commands and runs that are not read on. @returns whether others are left */
  keepReadOn(): boolean {
    this.#take(({ isReadOn }) => isReadOn !== true)
    return !this.isIdle
  }

  /** Removes and returns the run of a guard. Its later frames are not sent to the client. */
  stop(stopped: SocketGuard): TakenRuns {
    const taken = this.#take(({ guard }) => guard === stopped, 'AGW_RUN_LIMIT')
    for (const { runId } of taken.runs) this.#stopped.add(runId)
    return taken
  }

  /** @param error the gateway has stopped the runs */
  #take(isTaken: (one: Command | OpenRun) => boolean, error?: ErrorCode): TakenRuns {
    const commands = this.#commands.filter(isTaken)
    const runs = [...this.#runs.values()].filter(isTaken)
    this.#commands = this.#commands.filter((command) => !commands.includes(command))
    for (const { runId } of runs) this.#runs.delete(runId)
    for (const { release, runId } of [...commands, ...runs]) {
      release?.(error && { event: 'WorkflowError', runId, error })
    }
    return { commands, runs }
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
    command: Pick<Command, 'release' | 'onFrame' | 'guard' | 'isReadOn'> = {},
  ): OpenRun {
    const { release, onFrame, guard, isReadOn } = command
    const known = this.#runs.get(runId)
    // A run that is reported twice has only one slot.
    if (known?.release && release) known.release()
    const kept = release ?? known?.release
    const listener = onFrame ?? known?.onFrame
    const guarding = guard ?? known?.guard
    const run = {
      runId,
      workflowId,
      ...(kept && { release: kept }),
      ...(listener && { onFrame: listener }),
      ...(guarding && { guard: guarding }),
      ...((isReadOn || known?.isReadOn) && { isReadOn: true }),
    }
    this.#runs.set(runId, run)
    return run
  }

  #settle(isAnswered: (command: Command) => boolean): Command | undefined {
    const at = this.#commands.findIndex(isAnswered)
    return at === -1 ? undefined : this.#commands.splice(at, 1)[0]
  }
}

/** Shows a frame to the listeners of its run. Budgets charge before a limit stops the run. */
export function listenTo(run: OpenRun | undefined, frame: Buffer): void {
  run?.onFrame?.(frame)
  run?.guard?.onFrame(frame)
}
