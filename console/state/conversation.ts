/** State of one session with one component, for the playground. */
import { computed, signal } from '@preact/signals'
import { sessions } from '../api/data.ts'
import type { ApiError } from '../api/http.ts'
import type { RunStart, Target } from '../api/runs.ts'
import { cancelRun, getRun, sessionType } from '../api/runs.ts'
import type { SessionRun } from '../api/types.ts'
import { apiErrorOf } from './polling.ts'
import { pauseIn } from './run-events.ts'
import { noteTools } from './run-tools.ts'
import { Turn } from './turn.ts'

export class Conversation {
  readonly target: Target
  readonly turns = signal<readonly Turn[]>([])
  readonly sessionId = signal<string>('')
  readonly isLoading = signal(false)
  readonly error = signal<ApiError | undefined>(undefined)
  readonly isBusy = computed(() => this.turns.value.some(({ isStreaming }) => isStreaming.value))

  constructor(target: Target, sessionId: string) {
    this.target = target
    this.sessionId.value = sessionId
  }

  /** Loads the runs of the session, and resumes a run in progress. */
  async load(runId?: string): Promise<void> {
    const id = this.sessionId.value
    if (id === '') return
    this.isLoading.value = true
    try {
      const type = sessionType(this.target.kind)
      const all = await sessions.runs(id, type)
      const runs = all.filter((run) => !run.parent_run_id)
      this.turns.value = runs.map((run) => Turn.stored(this.target, run, all, id))
      await Promise.all(this.turns.value.map((turn) => this.#completePause(turn)))
    } catch (error) {
      // A session that AgentOS has not stored yet is not an error.
      const failure = apiErrorOf(error)
      if (failure.status !== 404) this.error.value = failure
    }
    this.isLoading.value = false
    this.#resumeOpenRun(runId, id)
  }

  #resumeOpenRun(runId: string | undefined, sessionId: string): void {
    const open = this.turns.value.find(({ tree }) => tree.root?.state === 'running')
    const id = open?.tree.root?.id ?? (this.#isKnown(runId) ? undefined : runId)
    if (id === undefined) return
    const turn = new Turn(this.target, open?.message ?? '')
    this.turns.value = [...this.turns.value.filter((one) => one !== open), turn]
    void turn.resume({ ...this.target, runId: id, sessionId })
  }

  #isKnown(runId: string | undefined): boolean {
    return runId === undefined || this.turns.value.some(({ tree }) => tree.root?.id === runId)
  }

  /** Fetches the run itself, because the list of runs does not contain the open questions. */
  async #completePause(turn: Turn): Promise<void> {
    const { tree, ref } = turn
    if (tree.pause === undefined || ref === undefined || tree.root === undefined) return
    const output = await getRun(ref).catch(() => undefined)
    if (output === undefined) return
    tree.pause = pauseIn(output)
    noteTools(tree.root, tree.pause.tools, 0)
    turn.version.value++
  }

  /** Starts a run in this session; a new session gets its id from the first event. */
  async send(start: Omit<RunStart, 'sessionId'>): Promise<Turn> {
    const sessionId = this.sessionId.value || undefined
    const turn = new Turn(this.target, start.message, { ...start, sessionId })
    this.turns.value = [...this.turns.value, turn]
    const learn = turn.version.subscribe(() => {
      const { sessionId: given } = turn.tree
      if (given && this.sessionId.value === '') this.sessionId.value = given
    })
    await turn.run()
    learn()
    return turn
  }

  /** Cancels the run, then stops reading. A run that cannot be cancelled is read on. */
  async stop(turn: Turn): Promise<void> {
    const { ref } = turn
    // Before its first event a run has no id. Closing its connection ends it.
    if (ref === undefined) return turn.leave()
    turn.isStopping.value = true
    try {
      await cancelRun(ref)
    } catch (error) {
      turn.error.value = apiErrorOf(error)
      turn.isStopping.value = false
      return
    }
    // AgentOS ends the stream of a cancelled run with an event: wait for it before disconnecting.
    setTimeout(() => turn.leave(), 2_000)
  }

  leave(): void {
    for (const turn of this.turns.value) turn.leave()
  }
}

export type { SessionRun }
