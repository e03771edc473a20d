/** Asks the leader turn by turn, and executes its calls. */
import type { Delegated } from './delegation.ts'
import { delegate, emitStart, isPaused } from './delegation.ts'
import type { LeaderCall, LeaderMessage, LeaderTurn } from './leader.ts'
import { openRequirements, withMember } from './pause.ts'
import { toolsFor } from './roster.ts'
import { TASK_LIST_KEY } from './task-list.ts'
import { EXECUTING } from './task-tools.ts'
import type { TeamExecution } from './team-execution.ts'
import type { Answer } from './team-member.ts'

/** Most calls that are read from one turn. */
const MAX_READ_CALLS = 100

/** The turns of one run. */
export class TeamTurns {
  readonly #team: TeamExecution
  readonly #messages: LeaderMessage[]
  #count = 0

  constructor(team: TeamExecution, messages: LeaderMessage[]) {
    this.#team = team
    this.#messages = messages
  }

  /**
   * Runs the team until the leader has answered, or until members wait for the caller.
   *
   * @returns whether the team is paused
   * @throws the leader's errors, and the abort reason
   */
  async perform(): Promise<boolean> {
    const { mode, state, tasks } = this.#team
    if (mode !== 'tasks') return await this.#untilAnswered()
    const isPaused = await this.#iterations()
    if (tasks.tasks.length > 0) state[TASK_LIST_KEY] = structuredClone(tasks.toJSON())
    return isPaused
  }

  /** Mode `tasks`: asks again until the goal is reached. */
  async #iterations(): Promise<boolean> {
    const { tasks, tools, team } = this.#team
    let idle = 0
    for (let iteration = 1; iteration <= team.maxIterations; iteration++) {
      const fields = { iteration, max_iterations: team.maxIterations }
      await this.#team.emitEvent('TeamTaskIterationStarted', fields, `iteration:${iteration}`)
      if (iteration > 1) this.#messages.push({ role: 'user', content: goOn(tasks.summary) })
      const toolsBefore = tools.length
      // Each iteration replaces the answer.
      this.#team.content = ''
      if (await this.#untilAnswered()) return true
      await this.#emitTasks(iteration)
      const ended = { ...fields, task_summary: tasks.summary }
      await this.#team.emitEvent('TeamTaskIterationCompleted', ended, `iterated:${iteration}`)
      if (tasks.isComplete || tasks.areAllCompleted) return false
      // A request that needs no task is answered by text, after one reminder.
      idle = tasks.tasks.length === 0 && tools.length === toolsBefore ? idle + 1 : 0
      if (idle >= 2) return false
    }
    return false
  }

  async #emitTasks(iteration: number): Promise<void> {
    const { summary, isComplete, completionSummary, tasks } = this.#team.tasks
    const fields = {
      task_summary: summary,
      goal_complete: isComplete,
      ...(completionSummary !== null && { completion_summary: completionSummary }),
      tasks: tasks.map(({ id, title, description, status, assignee, dependencies, result }) => {
        return { id, title, description, status, assignee, dependencies, result }
      }),
    }
    await this.#team.emitEvent('TeamTaskStateUpdated', fields, `tasks:${iteration}`)
  }

  /** @returns whether the team is paused */
  async #untilAnswered(): Promise<boolean> {
    const team = this.#team
    const { maxTurns } = team.team
    for (let turn = 1; turn <= maxTurns; turn++) {
      const index = this.#count++
      const { text, calls } = await this.#turn(index, turn === maxTurns)
      if (calls.length === 0) return false
      const done = await this.#carryOut(index, calls)
      for (const { tool } of done) team.tools.push(tool)
      if (await this.#isPaused(index, done)) return true
      if (team.mode === 'route' && done.some(({ hasFailed }) => !hasFailed)) {
        team.content += done.map(routed).join('')
        team.timeToFirstToken ??= team.run.duration
        return false
      }
      this.#messages.push({ role: 'assistant', content: text, calls })
      for (const [i, { id: callId, name }] of calls.entries()) {
        this.#messages.push({ role: 'tool', callId, name, result: done[i]?.result ?? '' })
      }
    }
    return false
  }

  /** One request to the leader; a replayed run reads it from the journal. */
  async #turn(index: number, isLast: boolean): Promise<LeaderTurn> {
    const team = this.#team
    const { leader, system } = team.team
    const before = team.run.journal.get(`turn:${index}`) as unknown as LeaderTurn | undefined
    const model = { model: leader.id, model_provider: leader.provider }
    if (before) {
      team.content += before.text
      return this.#turnEnded(index, before, model)
    }
    await team.emitEvent('TeamModelRequestStarted', model, `request:${index}`)
    const made = await leader.turn({
      system,
      messages: this.#messages,
      tools: isLast ? [] : toolsFor(team.mode, team.members),
      signal: team.run.signal,
      onText: async (text) => {
        team.content += text
        await team.run.emit(team.contentEvent(text))
      },
    })
    const turn = { ...made, calls: made.calls.slice(0, MAX_READ_CALLS).map(readable) }
    await team.run.journal.put(`turn:${index}`, turn)
    return this.#turnEnded(index, turn, model)
  }

  async #turnEnded(index: number, turn: LeaderTurn, model: object): Promise<LeaderTurn> {
    this.#team.turns.push(turn)
    const { usage, timeToFirstToken } = turn
    const { input_tokens, output_tokens, total_tokens, ...rest } = usage
    const fields = {
      ...model,
      input_tokens,
      output_tokens,
      total_tokens,
      ...(timeToFirstToken !== undefined && { time_to_first_token: timeToFirstToken }),
      ...rest,
    }
    await this.#team.emitEvent('TeamModelRequestCompleted', fields, `requested:${index}`)
    return turn
  }

  /** Calls of one turn run at the same time. Changes of the task list come one after the other. */
  async #carryOut(turn: number, calls: LeaderTurn['calls']): Promise<Delegated[]> {
    const team = this.#team
    const done: Promise<Delegated>[] = []
    // As in Agno, all calls are announced before the first change of the list.
    if (team.mode === 'tasks') {
      for (const [i, call] of calls.entries()) await emitStart(team, call, `${turn}/${i}`)
    }
    for (const [i, call] of calls.entries()) {
      const result = delegate(team, call, `${turn}/${i}`, i)
      // A later call that fails must not end the process before this one is awaited.
      result.catch(() => undefined)
      done.push(result)
      if (team.mode === 'tasks' && !EXECUTING.has(call.name)) await result
    }
    return await Promise.all(done)
  }

  /** Keeps the open requirements of paused members. Sends `TeamRunContinued` once all have been continued. */
  async #isPaused(turn: number, done: readonly Delegated[]): Promise<boolean> {
    const team = this.#team
    const { journal } = team.run
    const key = `asked:${turn}`
    if (done.some(isPaused)) {
      for (const answer of done.flatMap(({ answers }) => answers)) team.takePaused(answer)
      if (journal.get(key) === undefined) await journal.put(key, {})
      const waiting = done.flatMap(({ answers }) => answers)
      team.requirements = waiting.flatMap(openIn)
      team.pauseKey = `${turn}~${team.run.round}`
      return true
    }
    if (journal.get(key) !== undefined) {
      team.requirements = []
      await team.emitEvent('TeamRunContinued', {}, `continued:${turn}`)
    }
    return false
  }
}

/** Events, outputs and further requests need an object; a model may write any text. */
function readable(call: LeaderCall): LeaderCall {
  const { args } = call
  const isObject = typeof args === 'object' && args !== null && !Array.isArray(args)
  return isObject ? call : { ...call, args: {}, isUnreadable: true }
}

function goOn(summary: string): string {
  return `<current_task_state>\n${summary}\n</current_task_state>\n\nContinue working on the tasks. Create, execute, or update tasks as needed. When the goal is met, write your answer and call \`mark_all_complete\`.`
}

/** Text that a routed call adds to the team's answer: the member's content alone. */
function routed({ answers, hasFailed }: Delegated): string {
  return hasFailed
    ? ''
    : answers.map(({ output, text }) => contentOf(output?.content, text)).join('')
}

function contentOf(content: unknown, text: string): string {
  return typeof content === 'string' ? content : text
}

function openIn({ memberId = '', memberName = '', paused }: Answer): Record<string, unknown>[] {
  if (!paused) return []
  return withMember({ id: memberId, name: memberName }, openRequirements(paused), paused.runId)
}
