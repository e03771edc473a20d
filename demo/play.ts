/** Plays a run into its log: an agent's, a team's or a workflow's, from the start or after a pause. */
import { eventMaker } from './events.ts'
import type { Events } from './play-agent.ts'
import { playAgent, speak } from './play-agent.ts'
import { playTeam } from './play-team.ts'
import { playWorkflow } from './play-workflow.ts'
import type { Run, RunEvent } from './run.ts'
import { settle } from './tools.ts'

/**
 * Plays `run` into its log until it ends, pauses or is cancelled. Never rejects. `continued` marks the part after a
 * pause.
 */
export async function play(run: Run, continued = false): Promise<void> {
  run.status = 'RUNNING'
  try {
    for await (const event of continued ? continueRun(run) : startRun(run)) run.log.push(event)
  } catch (error) {
    run.log.push(failure(run, error))
  } finally {
    run.log.close()
  }
}

function failure(run: Run, error: unknown): RunEvent {
  const isWorkflow = run.component.kind === 'workflow'
  if (run.signal.aborted) {
    const reason = `Run ${run.id} was cancelled`
    for (const child of run.childRuns)
      if (child.status === 'RUNNING') child.finish('CANCELLED', child.content)
    run.finish('CANCELLED', run.content ?? reason)
    return eventMaker(run)(isWorkflow ? 'WorkflowCancelled' : 'RunCancelled', { reason })
  }
  const content = error instanceof Error ? error.message : String(error)
  run.finish('ERROR', content)
  if (isWorkflow) return eventMaker(run)('WorkflowError', { error: content })
  return eventMaker(run)('RunError', { content })
}

async function* startRun(run: Run): Events {
  const { component, message, signal } = run
  if (component.kind === 'workflow') yield* playWorkflow(run, component)
  else if (component.kind === 'team') yield* playTeam(run, component)
  else yield* playAgent(run, component.script(message), signal, eventMaker(run))
}

async function* continueRun(run: Run): Events {
  const make = eventMaker(run)
  if (run.component.kind === 'workflow') return
  yield make('RunContinued')
  const { requirement } = run
  const answer = run.component.script(run.message)
  if (requirement) {
    const { tool, wish } = requirement
    const isConfirmed = requirement.isGranted === true
    if (isConfirmed) yield make('ToolCallStarted', { tool: { ...tool } })
    settle(run, requirement)
    if (isConfirmed) {
      const args = Object.entries(wish.args).map(([key, value]) => `${key}=${value}`)
      const content = `${wish.name}(${args.join(', ')}) completed in 0.0001s. `
      yield make('ToolCallCompleted', { content, tool: { ...tool } })
    }
    tool['requires_confirmation'] = false
    answer.text = isConfirmed ? wish.confirmed : wish.rejected
  }
  yield* speak(run, answer, run.signal, make)
}
