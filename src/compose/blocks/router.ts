/** Runs the blocks that a function, a CEL expression or the caller selects. */
import type { Block, RouterBlock } from '../definition.ts'
import type { RouteQuestion } from '../human-review.ts'
import type { StepOutput } from '../output.ts'
import type { Place, StepInput, WorkflowExecution } from '../workflow-execution.ts'
import { containerOutput, hasCompleted } from './container.ts'
import { ask, stepInputOf } from './question.ts'
import { pausedOutputOf } from './review.ts'
import { stepRequirement } from './step-requirement.ts'
import { celVariables, viewOf } from './view.ts'

/** Thrown when the selector names a choice that does not exist. */
export class UnknownChoice extends Error {
  override readonly name = 'UnknownChoice'
}

/** Runs the selected choices. Sends `RouterExecutionStarted`, the choices' events and `RouterExecutionCompleted`. */
export async function runRouter(
  execution: WorkflowExecution,
  block: RouterBlock,
  input: StepInput,
  place: Place,
): Promise<StepOutput> {
  const question = questionOf(block, input)
  const names = question
    ? await chosenBy(execution, block, { input, place, question })
    : await execution.decide(place, '', () => select(execution, block, input))
  if (names === undefined) return pausedOutputOf(execution, block, place)
  const chosen = names.map((name) => choiceIndex(block, name))
  const fields = { selected_steps: names }
  await execution.emitBlockEvent('RouterExecutionStarted', block, place, fields)
  const blocks = chosen.map((index) => block.choices[index] as Block)
  // A chosen step has the router's own index, as in Agno's events.
  const placeOf = (i: number) => ({
    ...execution.below(place, chosen[i] ?? 0),
    index: place.index,
  })
  const result = await execution.sequence(blocks, input, placeOf)
  const { outputs } = result
  if (hasCompleted(result)) {
    await execution.emitBlockEvent('RouterExecutionCompleted', block, place, {
      ...fields,
      executed_steps: outputs.length,
      step_results: outputs,
    })
  }
  const content = `Router ${block.name} completed with ${outputs.length} results`
  return containerOutput(execution, block, place, { ...result, steps: outputs, content })
}

/** The question to the caller, also after a rejected route; undefined for a router with a selector. */
function questionOf(
  { selector, choices }: RouterBlock,
  input: StepInput,
): RouteQuestion | undefined {
  if (typeof selector === 'object') return selector
  if (input.revision?.previousOutput === undefined) return undefined
  return { choose: `Select a route from: ${choices.map(({ name }) => name).join(', ')}` }
}

/** Returns the caller's choice; undefined while the run waits for it. Sends `RouterPaused`. */
async function chosenBy(
  execution: WorkflowExecution,
  block: RouterBlock,
  at: { readonly input: StepInput; readonly place: Place; readonly question: RouteQuestion },
): Promise<string[] | undefined> {
  const { input, place, question } = at
  const { choose, allowMultipleSelections = false } = question
  const fields = {
    available_choices: block.choices.map(({ name }) => name),
    user_input_message: choose,
    allow_multiple_selections: allowMultipleSelections,
  }
  const ids = { step_name: block.name, step_index: place.index }
  const answer = await ask(execution, {
    key: `route:${place.path}`,
    block,
    place,
    make: () =>
      stepRequirement({
        step_id: execution.stepId(place),
        ...ids,
        step_type: block.type,
        requires_route_selection: true,
        ...fields,
        step_input: stepInputOf(execution, input),
      }),
    emit: () =>
      execution.emitEvent('RouterPaused', { ...ids, ...fields }, `RouterPaused:${place.path}`),
  })
  return answer?.['selected_choices'] as string[] | undefined
}

async function select(
  execution: WorkflowExecution,
  block: RouterBlock,
  input: StepInput,
): Promise<string[]> {
  const step_choices = block.choices.map(({ name }) => name)
  const { selector, isExpression } = block
  const seen = isExpression
    ? { ...celVariables(execution, input), step_choices }
    : viewOf(execution, input)
  const named = await (selector as (view: object) => unknown)(seen)
  return (Array.isArray(named) ? named : [named]).map(String)
}

function choiceIndex(block: RouterBlock, name: string): number {
  const index = block.choices.findIndex((choice) => choice.name === name)
  if (index !== -1) return index
  const names = block.choices.map((choice) => choice.name).join(', ')
  throw new UnknownChoice(`router ${block.name} chose '${name}'; its choices are ${names}`)
}
