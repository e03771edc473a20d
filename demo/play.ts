/** Plays a run: the events of agents, teams and workflows, in the order AgentOS sends them. */
import { randomUUID } from 'node:crypto'
import type { Workflow } from './components.ts'
import {
  type EventMaker,
  eventMaker,
  MODEL_FIELDS,
  metrics,
  PROVIDER_DATA,
  type StepFields,
  tokenCounts,
} from './events.ts'
import { runOutput, stepResult } from './outputs.ts'
import { Run, type RunEvent } from './run.ts'
import { type Answer, pieces } from './scripts.ts'
import { pause } from './time.ts'
import { requireConfirmation, settle } from './tools.ts'

type Events = AsyncGenerator<RunEvent, void>

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
    for (const child of run.stepRuns)
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
  if (run.component.kind === 'workflow') yield* playWorkflow(run, run.component)
  else yield* playSolo(run, run.component.script(run.message), run.signal, eventMaker(run))
}

async function* playSolo(run: Run, answer: Answer, signal: AbortSignal, make: EventMaker): Events {
  run.addMessage('user', { content: run.message })
  yield make('RunStarted', MODEL_FIELDS)
  if (answer.tool) {
    yield make('ModelRequestStarted', MODEL_FIELDS)
    yield modelCompleted(run, make, run.message, '')
    yield make('RunContentCompleted')
    requireConfirmation(run, answer.tool)
    yield make('RunPaused', {
      content: run.content,
      ...pick(runOutput(run), 'tools', 'requirements'),
    })
    return
  }
  yield* speak(run, answer, signal, make)
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

async function* think(
  text: string,
  delayMs: number,
  signal: AbortSignal,
  make: EventMaker,
): Events {
  yield make('ReasoningStarted')
  for (const piece of pieces(text)) {
    await pause(delayMs, signal)
    yield make('ReasoningContentDelta', { reasoning_content: piece })
  }
  yield make('ReasoningCompleted', { content: '', content_type: 'ReasoningSteps' })
}

/** Sends the answer word by word, and completes the run. */
async function* speak(run: Run, answer: Answer, signal: AbortSignal, make: EventMaker): Events {
  const extras = run.component.kind === 'agent' ? { workflow_agent: false } : {}
  const said = { content_type: 'str', reasoning_content: '', model_provider_data: PROVIDER_DATA }
  yield make('ModelRequestStarted', MODEL_FIELDS)
  if (answer.reasoning) yield* think(answer.reasoning, answer.delayMs, signal, make)
  run.content = undefined
  for (const piece of pieces(answer.text)) {
    await pause(answer.delayMs, signal)
    run.spoke()
    run.content = (run.content ?? '') + piece
    yield make('RunContent', { content: piece, ...extras, ...said })
  }
  yield modelCompleted(run, make, run.message, answer.text)
  yield make('RunContentCompleted')
  run.addMessage('assistant', {
    content: answer.text,
    provider_data: PROVIDER_DATA,
    metrics: {
      ...tokenCounts(pieces(run.message).length, pieces(answer.text).length),
      ...run.timing(),
    },
  })
  run.finish('COMPLETED', answer.text)
  yield make('RunCompleted', {
    content: answer.text,
    content_type: 'str',
    model_provider_data: PROVIDER_DATA,
    ...(run.component.kind === 'agent' && { session_state: {} }),
    metrics: metrics(run),
    ...answer.extras,
  })
}

function modelCompleted(run: Run, make: EventMaker, asked: string, said: string): RunEvent {
  const input = pieces(asked).length
  const output = pieces(said).length
  run.inputTokens += input
  run.outputTokens += output
  const { time_to_first_token } = run.timing()
  return make('ModelRequestCompleted', {
    ...MODEL_FIELDS,
    ...tokenCounts(input, output),
    ...(time_to_first_token !== undefined && { time_to_first_token }),
    reasoning_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
  })
}

async function* playWorkflow(run: Run, workflow: Workflow): Events {
  const make = eventMaker(run)
  yield make('WorkflowStarted')
  let input = run.message
  for (const [index, { name, agent }] of workflow.steps.entries()) {
    const step = { step_id: randomUUID(), step_name: name, step_index: index }
    const fields: StepFields = { workflow_id: workflow.id, workflow_run_id: run.id, ...step }
    const { sessionId, userId } = run
    const child = new Run(
      agent,
      { message: input, sessionId, userId, background: false },
      { runId: run.id, stepId: step.step_id },
    )
    child.status = 'RUNNING'
    run.stepRuns.push(child)
    yield make('StepStarted', step)
    for await (const event of playSolo(
      child,
      agent.script(input),
      run.signal,
      eventMaker(child, fields),
    )) {
      child.log.push(event)
      yield event
    }
    const result = stepResult(child, name)
    run.stepResults.push(result)
    input = child.content ?? ''
    yield make('StepCompleted', {
      ...step,
      content: input,
      content_type: 'str',
      step_response: result,
    })
  }
  run.finish('COMPLETED', input)
  const output = runOutput(run, { withEvents: true })
  yield make('WorkflowCompleted', {
    content: input,
    content_type: 'str',
    ...pick(output, 'metrics', 'step_results', 'step_executor_runs'),
  })
}

function pick(from: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, from[name]]))
}
