/** Plays the run of a team: the leader gives the task to each member, then speaks itself. */
import { randomUUID } from 'node:crypto'
import type { Agent, Team } from './components.ts'
import { eventMaker, MODEL_FIELDS } from './events.ts'
import type { Events } from './play-agent.ts'
import { modelCompleted, playChild, speak } from './play-agent.ts'
import { Run } from './run.ts'
import { nowSeconds } from './time.ts'

export async function* playTeam(run: Run, team: Team): Events {
  const make = eventMaker(run)
  run.addMessage('user', { content: run.message })
  yield make('RunStarted', MODEL_FIELDS)
  yield make('ModelRequestStarted', MODEL_FIELDS)
  yield modelCompleted(run, make, run.message, '')
  for (const member of team.members) {
    const tool = delegation(member, run.message)
    yield make('ToolCallStarted', { tool })
    const { message, sessionId, userId } = run
    const input = { message, sessionId, userId, background: false }
    const child = new Run(member, input, { runId: run.id })
    yield* playChild(run, child, eventMaker(child, { parent_run_id: run.id }))
    const content = `delegate_task_to_member(${member.id}) completed.`
    yield make('ToolCallCompleted', { content, tool: { ...tool, result: child.content } })
  }
  yield* speak(run, team.script(run.message), run.signal, make)
}

/** The tool call by which a leader gives a task away. */
function delegation(member: Agent, task: string): Record<string, unknown> {
  return {
    tool_call_id: `call_${randomUUID().slice(0, 8)}`,
    tool_name: 'delegate_task_to_member',
    tool_args: { member_id: member.id, task },
    tool_call_error: false,
    result: null,
    metrics: null,
    created_at: nowSeconds(),
  }
}
