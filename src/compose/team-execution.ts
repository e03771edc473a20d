/** Executes one run of a team: queries the leader turn by turn and carries out its delegations. */
import type { ComposedRun } from './composed-run.ts'
import type { Delegated } from './delegation.ts'
import { delegate } from './delegation.ts'
import { nowSeconds } from './ids.ts'
import type { Leader, LeaderMessage, LeaderTurn } from './leader.ts'
import type { ComposedEvent, MemberOutput } from './member.ts'
import { contentText } from './output.ts'
import type { TeamMember, TeamMode } from './roster.ts'
import { toolsFor } from './roster.ts'
import { mergeState } from './session-state.ts'
import { Slots } from './slots.ts'

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
  /** Largest number of concurrent members. */
  readonly maxParallel: number
  /** Members receive the earlier answers of other members in the same run. */
  readonly sharesInteractions: boolean
}

/** Largest number of delegations in one turn; further ones are refused. */
const MAX_CALLS = 20

/** The turns of one run. */
export class TeamExecution {
  readonly run: ComposedRun
  readonly state: Record<string, unknown>
  readonly memberOutputs: MemberOutput[] = []
  readonly tools: Record<string, unknown>[] = []
  readonly turns: LeaderTurn[] = []
  readonly slots: Slots
  /** The answer so far. */
  content = ''
  /** Seconds until the first text of the answer; undefined before it. */
  timeToFirstToken: number | undefined
  readonly #team: TeamFacts
  readonly #interactions: { name: string; task: string; answer: string }[] = []

  constructor(team: TeamFacts, run: ComposedRun, state: Record<string, unknown>) {
    this.#team = team
    this.run = run
    this.state = state
    this.slots = new Slots(team.maxParallel)
  }

  get mode(): TeamMode {
    return this.#team.mode
  }

  get members(): readonly TeamMember[] {
    return this.#team.members
  }

  /** Queries the leader until a turn contains no delegation. @throws the leader's errors, and the abort reason */
  async perform(messages: LeaderMessage[]): Promise<void> {
    const { maxTurns } = this.#team
    for (let turn = 0; turn < maxTurns; turn++) {
      const { text, calls } = await this.#turn(turn, messages, turn === maxTurns - 1)
      if (calls.length === 0) return
      const done = await this.#delegateAll(turn, calls)
      for (const { tool, outputs } of done) {
        this.tools.push(tool)
        this.memberOutputs.push(...outputs.map((output) => this.#memberOutput(output)))
      }
      if (this.mode === 'route' && done.some(({ hasFailed }) => !hasFailed)) {
        this.content += done.map(({ result, hasFailed }) => (hasFailed ? '' : result)).join('')
        this.timeToFirstToken ??= this.run.duration
        return
      }
      messages.push({ role: 'assistant', content: text, calls })
      for (const [i, { id: callId, name }] of calls.entries()) {
        messages.push({ role: 'tool', callId, name, result: done[i]?.result ?? '' })
      }
    }
  }

  /** One request to the leader; a replayed run reads it from the journal. */
  async #turn(
    index: number,
    messages: readonly LeaderMessage[],
    isLast: boolean,
  ): Promise<LeaderTurn> {
    const { leader, system } = this.#team
    const before = this.run.journal.get(`turn:${index}`) as unknown as LeaderTurn | undefined
    const model = { model: leader.id, model_provider: leader.provider }
    if (before) {
      this.content += before.text
      return this.#turnEnded(index, before, model)
    }
    await this.tell('TeamModelRequestStarted', model, `request:${index}`)
    const made = await leader.turn({
      system,
      messages,
      tools: isLast ? [] : toolsFor(this.mode, this.members),
      signal: this.run.signal,
      onText: async (text) => {
        this.content += text
        await this.run.emit(this.contentEvent(text))
      },
    })
    const turn = { ...made, calls: made.calls.slice(0, MAX_CALLS) }
    await this.run.journal.put(`turn:${index}`, turn)
    return this.#turnEnded(index, turn, model)
  }

  async #turnEnded(index: number, turn: LeaderTurn, model: object): Promise<LeaderTurn> {
    this.turns.push(turn)
    const { usage, timeToFirstToken } = turn
    const { input_tokens, output_tokens, total_tokens, ...rest } = usage
    const told = {
      ...model,
      input_tokens,
      output_tokens,
      total_tokens,
      ...(timeToFirstToken !== undefined && { time_to_first_token: timeToFirstToken }),
      ...rest,
    }
    await this.tell('TeamModelRequestCompleted', told, `requested:${index}`)
    return turn
  }

  #delegateAll(turn: number, calls: LeaderTurn['calls']): Promise<Delegated[]> {
    return Promise.all(calls.map((call, i) => delegate(this, call, `${turn}/${i}`)))
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

  /** Merges the session state of a member, and keeps its answer for other members. */
  memberEnded(name: string, task: string, output: MemberOutput): void {
    mergeState(this.state, output.session_state)
    if (output.status !== 'COMPLETED') return
    this.#interactions.push({ name, task, answer: contentText(output.content) })
  }

  /** Adds the other members' answers to a task, if the team shares interactions. */
  withInteractions(task: string): string {
    if (!this.#team.sharesInteractions || this.#interactions.length === 0) return task
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

  /** Sends an event of the team, once per run. */
  tell(name: string, fields: Readonly<Record<string, unknown>>, key = name): Promise<void> {
    return this.run.emit(this.#event(name, fields), key)
  }

  #event(event: string, fields: object): ComposedEvent {
    return {
      created_at: nowSeconds(),
      event,
      team_id: this.#team.id,
      team_name: this.#team.name,
      run_id: this.run.runId,
      session_id: this.run.sessionId,
      nested_depth: 0,
      ...fields,
    }
  }
}
