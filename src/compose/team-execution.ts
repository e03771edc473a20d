/** Holds the state of one run of a team: its members' answers, its task list, and the members of its events. */
import type { ComposedRun } from './composed-run.ts'
import { nowSeconds } from './ids.ts'
import type { Leader, LeaderTurn } from './leader.ts'
import type { ComposedEvent, MemberOutput } from './member.ts'
import type { EventPosition } from './named-run.ts'
import { contentText } from './output.ts'
import { mergeState } from './session-state.ts'
import { Slots } from './slots.ts'
import { TASK_LIST_KEY, TaskList } from './task-list.ts'
import type { Answer, TeamMember, TeamMode } from './team-member.ts'

/** Definition of a team, as far as a run uses it. */
export interface TeamFacts {
  readonly id: string
  readonly name: string
  readonly mode: TeamMode
  readonly leader: Leader
  readonly members: readonly TeamMember[]
  readonly system: string
  /** Largest number of requests to the leader. The last request offers no tools, so the leader has to answer. */
  readonly maxTurns: number
  /** Mode `tasks`: largest number of iterations. */
  readonly maxIterations: number
  /** Largest number of concurrent members. */
  readonly maxParallel: number
  /** Members receive the earlier answers of other members in the same run. */
  readonly sharesInteractions: boolean
  /** Members' events are sent beside the team's own. */
  readonly streamsMemberEvents: boolean
}

const NUMERIC = { numeric: true }

/** The state of one run. */
export class TeamExecution {
  readonly team: TeamFacts
  readonly run: ComposedRun
  readonly state: Record<string, unknown>
  readonly tools: Record<string, unknown>[] = []
  readonly turns: LeaderTurn[] = []
  readonly slots: Slots
  readonly tasks: TaskList
  /** Requirements of the members of the last turn. Undefined in a run that has not paused. */
  requirements: Record<string, unknown>[] | undefined
  /** Distinguishes the pauses of a run. */
  pauseKey = ''
  /** The answer so far. */
  content = ''
  /** Seconds until the first text of the answer; undefined before it. */
  timeToFirstToken: number | undefined
  readonly #outputs = new Map<string, MemberOutput>()
  readonly #interactions: { name: string; task: string; answer: string }[] = []
  readonly #rejected = new Set<string>()

  constructor(team: TeamFacts, run: ComposedRun, state: Record<string, unknown>) {
    this.team = team
    this.run = run
    this.state = state
    this.slots = new Slots(team.maxParallel)
    this.tasks = new TaskList(state[TASK_LIST_KEY])
  }

  get mode(): TeamMode {
    return this.team.mode
  }

  get members(): readonly TeamMember[] {
    return this.team.members
  }

  /** The member with an id that a model has written. */
  member(id: unknown): TeamMember | undefined {
    return this.members.find(({ member }) => member.id === id)
  }

  /** Error text for a leader that has named an unknown member. */
  unknownMember(id: unknown): string {
    const ids = this.members.map(({ member }) => member.id).join(', ')
    return `there is no member ${JSON.stringify(id)}; the members are ${ids}`
  }

  /** Outputs in the form of `member_responses`, in the order of the calls. */
  get memberOutputs(): MemberOutput[] {
    const paths = [...this.#outputs.keys()].sort((a, b) => a.localeCompare(b, 'en', NUMERIC))
    return paths.map((path) => this.#outputs.get(path) as MemberOutput)
  }

  /** Stores a member's result: its output, session state, and answer for other members. */
  take(answer: Answer): Answer {
    const { path = '', memberId, memberName = '', task = '', output, isRejected } = answer
    if (isRejected) this.#rejected.add(JSON.stringify([memberId, task]))
    if (output === undefined) return answer
    this.#outputs.set(path, this.#memberOutput(output))
    mergeState(this.state, output.session_state)
    if (output.status === 'COMPLETED') {
      this.#interactions.push({ name: memberName, task, answer: contentText(output.content) })
    }
    return answer
  }

  /** Whether the caller has rejected a call of the member for the same task. */
  isRejected(memberId: string, task: string): boolean {
    return this.#rejected.has(JSON.stringify([memberId, task]))
  }

  /** Shows a member's output while it waits. */
  takePaused({ path = '', output }: Answer): void {
    if (output !== undefined) this.#outputs.set(path, this.#memberOutput(output))
  }

  /** Converts an output to the form of `member_responses`. */
  #memberOutput(output: MemberOutput): MemberOutput {
    const made: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(output)) {
      if (key === 'parent_run_id') continue
      if (key === 'session_id') {
        Object.assign(made, { session_id: this.run.sessionId, parent_run_id: this.run.runId })
      } else made[key] = value
    }
    return { ...made, parent_run_id: this.run.runId }
  }

  /** Adds the other members' answers to a task, if the team shares interactions. */
  withInteractions(task: string): string {
    if (!this.team.sharesInteractions || this.#interactions.length === 0) return task
    const said = this.#interactions.map(({ name, task: asked, answer }) => {
      return `- Member: ${name}\n- Task: ${asked}\n- Response: ${answer}`
    })
    return `<member_interaction_context>\n${said.join('\n\n')}\n</member_interaction_context>\n\n${task}`
  }

  /** Builds the event for one piece of the team's answer. */
  contentEvent(content: string): ComposedEvent {
    this.timeToFirstToken ??= this.run.duration
    return this.#event('TeamRunContent', { content, content_type: 'str', reasoning_content: '' })
  }

  /** Sends an event of a member's run. */
  async emitMemberEvent(event: ComposedEvent, position?: EventPosition): Promise<void> {
    const isOwn = event['run_id'] === this.run.runId
    if (isOwn || this.team.streamsMemberEvents) await this.run.emit(event, position)
  }

  /** Sends an event of the team, once per run. */
  emitEvent(name: string, fields: Readonly<Record<string, unknown>>, key = name): Promise<void> {
    return this.run.emit(this.#event(name, fields), key)
  }

  #event(event: string, fields: object): ComposedEvent {
    return {
      created_at: nowSeconds(),
      event,
      team_id: this.team.id,
      team_name: this.team.name,
      run_id: this.run.runId,
      session_id: this.run.sessionId,
      nested_depth: 0,
      ...fields,
    }
  }
}
