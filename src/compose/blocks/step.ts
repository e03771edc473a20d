/** Runs a step: one member run or one function call, with retries. */
import { SINGULAR } from '../../../config/component-kind.ts'
import type { RunInput } from '../../client/run-types.ts'
import { RunStopped } from '../composed-run.ts'
import type { StepBlock, StepFunction } from '../definition.ts'
import { errorText } from '../error-text.ts'
import { mediaAfter, mediaOf, presentMedia } from '../media.ts'
import type { Member, MemberOutput } from '../member.ts'
import { isMember, nameOf } from '../member.ts'
import { callMember } from '../member-call.ts'
import type { StepOutput } from '../output.ts'
import { contentText, contentType, stepOutput } from '../output.ts'
import { mergeState } from '../session-state.ts'
import { renderTemplate } from '../template.ts'
import type { Place, StepInput, WorkflowExecution } from '../workflow-execution.ts'
import { eventInStep, executorRun } from './member-events.ts'
import { emitContinued, pauseStep } from './step-pause.ts'
import { templateValues, viewOf } from './view.ts'

/** One execution of a step. */
export interface StepRun {
  readonly execution: WorkflowExecution
  readonly block: StepBlock
  readonly input: StepInput
  readonly place: Place
}

/** Runs the step. Sends `StepStarted`, the member's events, and `StepCompleted` or `StepError`. */
export async function runStep(
  execution: WorkflowExecution,
  block: StepBlock,
  input: StepInput,
  place: Place,
): Promise<StepOutput> {
  const { journal } = execution.run
  const key = `block:${place.path}`
  const before = journal.get(key)
  if (before) {
    if (before['run']) execution.memberRuns.push(before['run'] as MemberOutput)
    mergeState(input.state, before['state'])
    const done = before['output'] as StepOutput
    // The process may have ended between the entry and the events.
    await emitEnd({ execution, block, input, place }, done)
    return done
  }
  const step: StepRun = { execution, block, input, place }
  await execution.emitBlockEvent('StepStarted', block, place)
  const { output, run, state } = await tried(step)
  if (run) execution.memberRuns.push(run)
  if (output.is_paused) return output
  mergeState(input.state, state)
  await journal.put(key, { output, run, state })
  await emitEnd(step, output)
  return output
}

interface Result {
  readonly output: StepOutput
  /** The member's run, for `step_executor_runs`. */
  readonly run?: MemberOutput
  readonly state?: unknown
}

/** Runs the step until it succeeds or its retries are used up. */
async function tried(step: StepRun): Promise<Result> {
  const { retries = 0 } = step.block
  const { journal } = step.execution.run
  let attempt = 0
  // Attempts before the last one of a continued run have failed.
  while (attempt < retries && journal.get(`member:${attemptPath(step, attempt + 1)}`)) attempt++
  for (; ; attempt++) {
    const result = await once(step, attempt)
    if (result.output.success || result.output.is_paused || attempt >= retries) return result
  }
}

function attemptPath({ place }: StepRun, attempt: number): string {
  return attempt > 0 ? `${place.path}~${attempt}` : place.path
}

async function once(step: StepRun, attempt: number): Promise<Result> {
  const { execution, block, place } = step
  const { executor } = block
  const base = {
    step_name: block.name,
    step_id: execution.stepId(place),
    step_type: isMember(executor) && executor.kind === 'workflows' ? 'Workflow' : 'Step',
    executor_type: isMember(executor) ? SINGULAR[executor.kind] : 'function',
    executor_name: executor.name,
  }
  try {
    return isMember(executor)
      ? await runExecutor(step, executor, base, attempt)
      : { output: stepOutput({ ...base, ...(await callFunction(step, executor)) }) }
  } catch (error) {
    if (step.input.signal.aborted || error instanceof RunStopped) throw error
    return { output: stepOutput({ ...base, success: false, error: errorText(error) }) }
  }
}

async function runExecutor(
  step: StepRun,
  member: Member,
  base: Pick<StepOutput, 'step_name' | 'step_id' | 'step_type'>,
  attempt: number,
): Promise<Result> {
  const { execution, block, input, place } = step
  const { run } = execution
  const { output, paused, runId } = await callMember(run, {
    path: attemptPath(step, attempt),
    member,
    input: messageFor(step),
    sessionId: run.memberSession(member, block.session),
    sessionState: Object.keys(input.state).length > 0 ? input.state : undefined,
    media: mediaAfter(run.options, input.outputs.values()),
    timeoutMs: block.timeoutMs ?? 0,
    signal: input.signal,
    onEvent: (event, position) => run.emit(eventInStep(execution, event, block, place), position),
    onContinue: (before) => emitContinued(step, member, before),
  })
  const memberRun = executorRun(execution, output, place)
  if (paused) {
    await pauseStep(step, member, paused)
    return { run: memberRun, output: stepOutput({ ...base, is_paused: true }) }
  }
  const { content, metrics, session_state, status } = output
  const success = status === 'COMPLETED'
  return {
    run: memberRun,
    state: session_state,
    output: stepOutput({
      ...base,
      executor_name: nameOf(member, output),
      content,
      step_run_id: output.run_id ?? runId,
      ...presentMedia(mediaOf([output])),
      metrics: metrics ?? null,
      success,
      error: success ? null : contentText(content) || `${member.name} ended with status ${status}`,
    }),
  }
}

/** Adds the caller's values and feedback to the input. A template places the values itself. */
function messageFor({ execution, block, input }: StepRun): RunInput {
  const { userInput, revision: { feedback, previousOutput } = {} } = input
  const isTemplate = block.input !== undefined
  const message = isTemplate
    ? renderTemplate(block.input ?? '', templateValues(execution, input))
    : execution.messageFor(input)
  const parts: string[] = []
  if (userInput && !isTemplate) {
    const values = Object.entries(userInput).map(
      ([key, value]) => `- ${key}: ${contentText(value)}`,
    )
    parts.push(`User preferences:\n${values.join('\n')}`)
  }
  if (previousOutput !== undefined) parts.push(`Your previous output:\n${previousOutput}`)
  if (feedback !== undefined) parts.push(`Feedback from reviewer:\n${feedback}`)
  if (parts.length === 0) return message as RunInput
  return [contentText(message), ...parts].filter((part) => part !== '').join('\n\n')
}

/** Calls a function. It returns its content, or an object with `content` and `stop`. */
async function callFunction(
  { execution, input }: StepRun,
  call: StepFunction,
): Promise<Partial<StepOutput>> {
  const given = await call(viewOf(execution, input))
  if (typeof given === 'object' && given !== null && 'content' in given) {
    const { content, stop } = given as { content: unknown; stop?: unknown }
    return { content, stop: stop === true }
  }
  return { content: given }
}

async function emitEnd({ execution, block, place }: StepRun, output: StepOutput): Promise<void> {
  if (!output.success) {
    await execution.emitBlockEvent('StepError', block, place, { error: output.error })
    if (!block.optional) return
  }
  await execution.emitBlockEvent('StepCompleted', block, place, {
    content: output.content,
    content_type: contentType(output.content),
    step_response: output,
  })
}
