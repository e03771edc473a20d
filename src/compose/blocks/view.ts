/** Builds the view of a run for conditions, selectors, functions and templates. */
import type { StepView } from '../definition.ts'
import { contentText, deepestContent } from '../output.ts'
import type { TemplateValues } from '../template.ts'
import type { StepInput, WorkflowExecution } from '../workflow-execution.ts'

/** For functions. */
export function viewOf(execution: WorkflowExecution, input: StepInput): StepView {
  return {
    input: execution.run.input,
    previousStepContent: execution.messageFor(input),
    previousStepOutputs: outputTexts(input),
    additionalData: execution.run.options.additionalData ?? {},
    sessionState: input.state,
    signal: input.signal,
  }
}

/** For CEL, under Agno's names. Without a step before, `previous_step_content` is empty, as Agno's. */
export function celVariables(execution: WorkflowExecution, input: StepInput) {
  return {
    input: contentText(execution.run.input),
    previous_step_content: input.outputs.size > 0 ? contentText(execution.messageFor(input)) : '',
    previous_step_outputs: outputTexts(input),
    additional_data: execution.run.options.additionalData ?? {},
    session_state: input.state,
  }
}

/** For templates. */
export function templateValues(execution: WorkflowExecution, input: StepInput): TemplateValues {
  const { additional_data, session_state, previous_step_outputs } = celVariables(execution, input)
  return {
    input: contentText(execution.run.input),
    previous: contentText(execution.messageFor(input)),
    steps: previous_step_outputs,
    additional_data,
    session_state,
  }
}

/** Agno gives a container's own sentence here; the text of its last step is of more use. */
function outputTexts({ outputs }: StepInput): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const [name, output] of outputs) {
    texts[name] = contentText(deepestContent(output))
    for (const inner of output.steps ?? [])
      texts[inner.step_name] ??= contentText(deepestContent(inner))
  }
  return texts
}
