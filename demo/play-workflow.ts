/** Plays the run of a workflow: its steps in order, and the steps of a parallel one at the same time. */
import { randomUUID } from 'node:crypto'
import type { Parallel, Step, Workflow } from './components.ts'
import type { EventMaker, StepFields } from './events.ts'
import { eventMaker } from './events.ts'
import { runOutput, stepResult } from './outputs.ts'
import type { Events } from './play-agent.ts'
import { pick, playChild } from './play-agent.ts'
import type { RunEvent } from './run.ts'
import { Run } from './run.ts'

/** Where a step is: its index, a pair inside of a parallel step. */
interface Place {
  readonly step_index: number | readonly number[]
  readonly parent_step_id?: string
}

/** A workflow in progress. */
interface Workflowing {
  readonly run: Run
  readonly workflow: Workflow
  readonly make: EventMaker
}

export async function* playWorkflow(run: Run, workflow: Workflow): Events {
  const make = eventMaker(run)
  const whole = { run, workflow, make }
  yield make('WorkflowStarted')
  let input = run.message
  for (const [index, step] of workflow.steps.entries()) {
    const done: Record<string, unknown>[] = []
    if ('parallel' in step) yield* playParallel(whole, step, input, index, done)
    else yield* playStep(whole, step, input, { step_index: index }, done)
    run.stepResults.push(...done)
    input = done.map(({ content }) => String(content ?? '')).join('\n\n')
  }
  run.finish('COMPLETED', input)
  const output = runOutput(run, { withEvents: true })
  yield make('WorkflowCompleted', {
    content: input,
    content_type: 'str',
    ...pick(output, 'metrics', 'step_results', 'step_executor_runs'),
  })
}

/** @param done receives the result of the whole, with those of the steps inside */
async function* playParallel(
  whole: Workflowing,
  { name, parallel }: Parallel,
  input: string,
  index: number,
  done: Record<string, unknown>[],
): Events {
  const id = randomUUID()
  const fields = { step_id: id, step_name: name, step_index: index }
  const count = { parallel_step_count: parallel.length }
  yield whole.make('ParallelExecutionStarted', { ...fields, ...count })
  const results = parallel.map((): Record<string, unknown>[] => [])
  yield* merged(
    parallel.map((step, inner) => {
      const place = { step_index: [index, inner], parent_step_id: id }
      return playStep(whole, step, input, place, results[inner] ?? [])
    }),
  )
  const steps = results.flat()
  yield whole.make('ParallelExecutionCompleted', { ...fields, ...count, step_results: steps })
  const content = steps.map((step) => String(step['content'] ?? '')).join('\n\n')
  done.push({ step_name: name, step_id: id, step_type: 'Parallel', content, success: true, steps })
}

/** @param done receives the result of the step */
async function* playStep(
  { run, workflow, make }: Workflowing,
  { name, agent }: Step,
  input: string,
  place: Place,
  done: Record<string, unknown>[],
): Events {
  const step = { step_id: randomUUID(), step_name: name, ...place }
  const fields: StepFields = { workflow_id: workflow.id, workflow_run_id: run.id, ...step }
  const { sessionId, userId } = run
  const about = { message: input, sessionId, userId, background: false }
  const child = new Run(agent, about, { runId: run.id, stepId: step.step_id })
  yield make('StepStarted', step)
  yield* playChild(run, child, eventMaker(child, fields))
  const result = stepResult(child, name)
  done.push(result)
  const said = { content: child.content ?? '', content_type: 'str' }
  yield make('StepCompleted', { ...step, ...said, step_response: result })
}

/** The events of all, as they come. */
async function* merged(all: readonly Events[]): Events {
  const next = async (events: Events) => ({ events, result: await events.next() })
  const waiting = new Map(all.map((events) => [events, next(events)]))
  while (waiting.size > 0) {
    const { events, result } = await Promise.race(waiting.values())
    if (result.done) waiting.delete(events)
    else {
      waiting.set(events, next(events))
      yield result.value satisfies RunEvent
    }
  }
}
