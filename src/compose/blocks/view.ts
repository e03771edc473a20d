/** Builds the view of a run for conditions, selectors, functions and templates. */
import type { StepView } from '../definition.ts'
import { contentText, deepestContent } from '../output.ts'
import type { TemplateValues } from '../template.ts'
import type { StepInput, WorkflowExecution } from '../workflow-execution.ts'

/** The view for functions. */
export function viewOf(execution: WorkflowExecution, input: StepInput): StepView {
  return {
    input: execution.run.input,
    previousStepContent: execution.messageFor(input),
    previousStepOutputs: outputTexts(input),
    additionalData: {
      ...execution.run.options.additionalData,
      ...(input.userInput && { user_input: input.userInput }),
      ...revisionData(input),
    },
    sessionState: input.state,
    signal: input.signal,
  }
}

/** Agno's names for the caller's feedback on a rejected step. */
function revisionData({ revision: { feedback, previousOutput } = {} }: StepInput) {
  return {
    ...(feedback !== undefined && { rejection_feedback: feedback }),
    ...(previousOutput !== undefined && { previous_output: previousOutput }),
  }
}

/** Variables for CEL, with Agno's names. For a first step, `previous_step_content` is empty, as in Agno. */
export function celVariables(execution: WorkflowExecution, input: StepInput) {
  return {
    input: contentText(execution.run.input),
    previous_step_content: input.outputs.size > 0 ? contentText(execution.messageFor(input)) : '',
    previous_step_outputs: outputTexts(input),
    additional_data: execution.run.options.additionalData ?? {},
    session_state: input.state,
  }
}

/** Values for templates. */
export function templateValues(execution: WorkflowExecution, input: StepInput): TemplateValues {
  const { additional_data, session_state, previous_step_outputs } = celVariables(execution, input)
  return {
    input: contentText(execution.run.input),
    previous: contentText(execution.messageFor(input)),
    steps: previous_step_outputs,
    additional_data,
    session_state,
    user_input: input.userInput ?? {},
  }
}

/** Agno's text of a container is a fixed sentence; the text of its last step is more useful. */
function outputTexts({ outputs }: StepInput): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const [name, output] of outputs) {
    texts[name] = contentText(deepestContent(output))
    for (const inner of output.steps ?? [])
      texts[inner.step_name] ??= contentText(deepestContent(inner))
  }
  return texts
}
