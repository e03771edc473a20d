/** Defines a team with members on any AgentOS, with the interface of `RemoteTeam`. */
import { openCallKind } from '../agentos/requirement.ts'
import { toolOf } from './answers.ts'
import type { ComposedOptions, RunResult } from './composed-component.ts'
import { ComposedComponent } from './composed-component.ts'
import type { ComposedRun } from './composed-run.ts'
import { isSuspension, RunStopped } from './composed-run.ts'
import { errorText } from './error-text.ts'
import type { Leader, LeaderMessage } from './leader.ts'
import { mediaOf, presentMedia } from './media.ts'
import type { Member, MemberOutput } from './member.ts'
import { isMember } from './member.ts'
import { contentText, sumMetrics } from './output.ts'
import { systemMessage } from './roster.ts'
import { TeamExecution } from './team-execution.ts'
import type { TeamMember, TeamMode } from './team-member.ts'
import { TeamTurns } from './team-turns.ts'

/** Parameters of {@link Team}. */
export interface TeamOptions extends ComposedOptions {
  readonly members: readonly (Member | TeamMember)[]
  readonly model: Leader
  /** Default `coordinate`. */
  readonly mode?: TeamMode | undefined
  readonly instructions?: string | undefined
  /** Largest number of requests to the leader in one run. Default 8. */
  readonly maxTurns?: number | undefined
  /** Largest number of concurrent members. Default 10. */
  readonly maxParallel?: number | undefined
  /** Adds earlier runs of the session to the context. Default false. */
  readonly addHistoryToContext?: boolean | undefined
  /** Number of earlier runs in the context. Default 3. */
  readonly numHistoryRuns?: number | undefined
  /** Members receive the earlier answers of other members in the same run. Default false. */
  readonly shareMemberInteractions?: boolean | undefined
  /** Mode `tasks`: largest number of iterations. Default 10. */
  readonly maxIterations?: number | undefined
  /** Members' events are sent beside the team's own. Default true. */
  readonly streamMemberEvents?: boolean | undefined
  /** Outputs and events hold the members' outputs in `member_responses`. Default true. */
  readonly storeMemberResponses?: boolean | undefined
}

/** The definition of a team is invalid. */
export class TeamDefinitionError extends Error {
  override readonly name = 'TeamDefinitionError'
}

/**
 * A model that delegates to members.
 *
 * @example
 * const team = new Team({
 *   id: 'help-desk',
 *   model: new OpenAiLeader({ baseUrl: 'http://localhost:11434/v1', model: 'small' }),
 *   members: [{ member: billing, when: 'invoices and refunds' }, support],
 * })
 * const output = await team.run('Where is my invoice?')
 */
export class Team extends ComposedComponent {
  readonly kind = 'teams'
  readonly mode: TeamMode
  readonly model: Leader
  readonly members: readonly TeamMember[]
  override readonly numHistoryRuns: number
  readonly #options: TeamOptions

  /** @throws {TeamDefinitionError} without members, or when two members have the same id */
  constructor(options: TeamOptions) {
    super(options)
    this.#options = options
    this.mode = options.mode ?? 'coordinate'
    this.model = options.model
    const { addHistoryToContext = false, numHistoryRuns = 3 } = options
    this.numHistoryRuns = addHistoryToContext ? numHistoryRuns : 0
    this.members = options.members.map((one) => (isMember(one) ? { member: one } : one))
    if (this.members.length === 0) throw new TeamDefinitionError(`${this.id} has no members`)
    const ids = this.members.map(({ member }) => member.id)
    const twice = ids.find((id, i) => ids.indexOf(id) !== i)
    if (twice !== undefined) {
      throw new TeamDefinitionError(`${this.id} has two members with the id '${twice}'`)
    }
  }

  protected async perform(run: ComposedRun): Promise<RunResult> {
    const state = structuredClone({ ...run.options.sessionState })
    const execution = new TeamExecution(this.#facts(), run, state)
    const { id: model, provider: model_provider } = this.model
    await execution.emitEvent('TeamRunStarted', { model, model_provider })
    let output: MemberOutput
    try {
      const isPaused = await new TeamTurns(execution, this.#messages(run)).perform()
      if (isPaused) run.signal.throwIfAborted()
      output = isPaused ? await this.#paused(execution) : await this.#completed(execution)
    } catch (error) {
      if (isSuspension(error)) throw error
      output =
        error instanceof RunStopped && error.reason !== 'deadline'
          ? await this.#cancelled(execution)
          : await this.#failed(execution, error)
    }
    return { output, sessionState: state }
  }

  #facts() {
    const { maxTurns = 8, maxParallel = 10, instructions } = this.#options
    return {
      id: this.id,
      name: this.name,
      mode: this.mode,
      leader: this.model,
      members: this.members,
      system: systemMessage(this.mode, this.members, instructions),
      maxTurns,
      maxParallel,
      maxIterations: this.#options.maxIterations ?? 10,
      sharesInteractions: this.#options.shareMemberInteractions ?? false,
      streamsMemberEvents: this.#options.streamMemberEvents ?? true,
    }
  }

  get #storesMembers(): boolean {
    return this.#options.storeMemberResponses ?? true
  }

  #messages({ input, options }: ComposedRun): LeaderMessage[] {
    const { numHistoryRuns } = this
    const earlier = numHistoryRuns > 0 ? (options.history ?? []).slice(-numHistoryRuns) : []
    const history = earlier.flatMap((past): LeaderMessage[] => [
      { role: 'user', content: past.input },
      { role: 'assistant', content: past.content, calls: [] },
    ])
    return [...history, { role: 'user', content: contentText(input) }]
  }

  async #completed(execution: TeamExecution): Promise<MemberOutput> {
    const { content } = execution
    const memberOutputs = this.#storesMembers ? execution.memberOutputs : []
    await execution.emitEvent('TeamRunContentCompleted', {})
    await execution.emitEvent('TeamRunCompleted', {
      content,
      content_type: 'str',
      ...presentMedia(mediaOf(execution.memberOutputs)),
      ...(memberOutputs.length > 0 && { member_responses: memberOutputs }),
      metrics: this.#metrics(execution),
    })
    return this.#output(execution, 'COMPLETED', content)
  }

  async #paused(execution: TeamExecution): Promise<MemberOutput> {
    const { requirements = [], tools, run, pauseKey } = execution
    const words = execution.memberOutputs.filter(({ status }) => status === 'PAUSED')
    // As in Agno: a stream has the members' content, an unstreamed output lists the missing answers.
    const said = run.isStream ? words.map(({ content }) => contentText(content)).join('') : ''
    const content = said || pausedContent(requirements)
    await execution.emitEvent(
      'TeamRunPaused',
      { content, tools, requirements },
      `paused:${pauseKey}`,
    )
    await run.pause()
    return this.#output(execution, 'PAUSED', content)
  }

  async #cancelled(execution: TeamExecution): Promise<MemberOutput> {
    const reason = `Run ${execution.run.runId} was cancelled`
    const content = execution.content || reason
    await execution.emitEvent('TeamRunCancelled', { content, reason })
    return this.#output(execution, 'CANCELLED', content)
  }

  async #failed(execution: TeamExecution, error: unknown): Promise<MemberOutput> {
    const content =
      error instanceof RunStopped
        ? `${this.name} did not end within its deadline of ${this.deadlineMs / 1000} s`
        : errorText(error)
    await execution.emitEvent('TeamRunError', { content })
    return this.#output(execution, 'ERROR', content)
  }

  /** The members and their order are AgentOS's. */
  #output(execution: TeamExecution, status: string, content: string): MemberOutput {
    const { run, tools, requirements } = execution
    const memberOutputs = this.#storesMembers ? execution.memberOutputs : []
    return {
      run_id: run.runId,
      team_id: this.id,
      team_name: this.name,
      session_id: run.sessionId,
      ...(run.options.userId !== undefined && { user_id: run.options.userId }),
      content,
      content_type: 'str',
      ...presentMedia(mediaOf(execution.memberOutputs)),
      model: this.model.id,
      model_provider: this.model.provider,
      created_at: run.createdAt,
      metrics: this.#metrics(execution),
      status,
      member_responses: memberOutputs,
      ...(requirements !== undefined && { requirements }),
      tools,
      input: { input_content: run.input },
    }
  }

  /** Token counts of the leader only, as in Agno; the members' counts are in `member_responses`. */
  #metrics({ turns, run, timeToFirstToken }: TeamExecution): Record<string, unknown> {
    const tokens = turns.map(({ usage: { input_tokens, output_tokens, total_tokens } }) => {
      return { input_tokens, output_tokens, total_tokens }
    })
    const sum = sumMetrics(tokens) ?? {}
    return {
      ...sum,
      ...(timeToFirstToken !== undefined && { time_to_first_token: timeToFirstToken }),
      duration: run.duration,
      details: { model: [{ ...sum, id: this.model.id, provider: this.model.provider }] },
    }
  }
}

/** Agno's text of a paused team. */
function pausedContent(requirements: readonly Record<string, unknown>[]): string {
  const lines = requirements.map((requirement) => {
    const tool = toolOf(requirement)
    const kind = openCallKind(tool) ?? 'confirmation'
    const name = contentText(requirement['member_agent_name'])
    return `- ${name}: ${contentText(tool['tool_name'])} requires ${kind.replace('_', ' ')}`
  })
  return `Team run paused. The following require input:\n${lines.join('\n')}`
}
