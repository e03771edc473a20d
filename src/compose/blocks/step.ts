/** Runs a step: one member run or one function call, with retries. */
import type { RunInput } from '../../client/run-types.ts'
import { RunStopped } from '../composed-run.ts'
import type { StepBlock, StepFunction } from '../definition.ts'
import type { Member, MemberOutput } from '../member.ts'
import { isMember, SINGULAR } from '../member.ts'
import type { StepOutput } from '../output.ts'
import { contentText, contentType, stepOutput } from '../output.ts'
import { mergeState } from '../session-state.ts'
import { renderTemplate } from '../template.ts'
import { wordsOf } from '../words.ts'
import type { Place, StepInput, WorkflowExecution } from '../workflow-execution.ts'
import { eventInStep, executorRun } from './member-events.ts'
import { templateValues, viewOf } from './view.ts'

/** One execution of a step. */
interface StepRun {
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
    await tellEnd({ execution, block, input, place }, done)
    return done
  }
  const step: StepRun = { execution, block, input, place }
  await execution.tellBlock('StepStarted', block, place)
  const { output, run, state } = await tried(step)
  if (run) execution.memberRuns.push(run)
  mergeState(input.state, state)
  await journal.put(key, { output, run, state })
  await tellEnd(step, output)
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
  for (let attempt = 0; ; attempt++) {
    const result = await once(step, attempt)
    if (result.output.success || attempt >= retries) return result
  }
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
    return { output: stepOutput({ ...base, success: false, error: wordsOf(error) }) }
  }
}

async function runExecutor(
  { execution, block, input, place }: StepRun,
  member: Member,
  base: Pick<StepOutput, 'step_name' | 'step_id' | 'step_type'>,
  attempt: number,
): Promise<Result> {
  const { run } = execution
  const named = await run.nameMember(`${place.path}${attempt > 0 ? `~${attempt}` : ''}`, member)
  const message =
    block.input === undefined
      ? (execution.messageFor(input) as RunInput)
      : renderTemplate(block.input, templateValues(execution, input))
  const output = await run.runMember({
    member,
    input: message,
    named,
    sessionId: run.memberSession(member, block.session),
    sessionState: Object.keys(input.state).length > 0 ? input.state : undefined,
    timeoutMs: block.timeoutMs ?? 0,
    signal: input.signal,
    onEvent: (event, position) => run.emit(eventInStep(execution, event, block, place), position),
  })
  const { content, images, videos, audio, files, metrics, session_state, status } = output
  const success = status === 'COMPLETED'
  // A remote reports its name in its first output.
  const name = output[`${SINGULAR[member.kind]}_name`]
  return {
    run: executorRun(execution, output, place),
    state: session_state,
    output: stepOutput({
      ...base,
      executor_name: typeof name === 'string' ? name : member.name,
      content,
      step_run_id: output.run_id ?? named.runId,
      images,
      videos,
      audio,
      files,
      metrics: metrics ?? null,
      success,
      error: success ? null : failureOf(output, member),
    }),
  }
}

function failureOf({ status, content }: MemberOutput, { name }: Member): string {
  if (status === 'PAUSED') return `${name} waits for an answer, and a step cannot be continued`
  return contentText(content) || `${name} ended with status ${status}`
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

async function tellEnd({ execution, block, place }: StepRun, output: StepOutput): Promise<void> {
  if (!output.success) {
    await execution.tellBlock('StepError', block, place, { error: output.error })
    if (!block.optional) return
  }
  await execution.tellBlock('StepCompleted', block, place, {
    content: output.content,
    content_type: contentType(output.content),
    step_response: output,
  })
}
