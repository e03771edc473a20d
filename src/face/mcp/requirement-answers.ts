/** Reads the answers that a caller has filled in the requirements of a paused run, as Agno's MCP clients do. */
import type { ComponentKind } from '../../../config/types.ts'
import { isObject } from '../../json/is-object.ts'
import type { Pause, PausedIds } from '../pause.ts'
import { executorRequirements, pauseIn } from '../pause.ts'
import type { Answer, PendingCall } from '../pending-call.ts'
import { answerTo } from '../pending-call.ts'

type Dict = Readonly<Record<string, unknown>>

/**
 * @param given requirements of the PAUSED result with their answers; anything else in them is ignored
 * @returns answers by the id of the call; calls without an answer are missing
 * @throws {GatewayError} `AGW_BAD_REQUEST` for an answer of the wrong form
 */
export function answersInRequirements(pause: Pause, given: readonly Dict[]): Map<string, Answer> {
  const byId = new Map<unknown, Dict>()
  for (const each of given.flatMap((one) => [one, ...executorRequirements({ ...one })])) {
    for (const id of [each['id'], each['step_id'], toolOf(each)['tool_call_id']]) {
      if (!byId.has(id)) byId.set(id, each)
    }
  }
  const answers = new Map<string, Answer>()
  for (const call of pause.calls) {
    const requirement = byId.get(call.id)
    const answer = requirement && answerIn(call, requirement)
    if (answer) answers.set(call.id, answer)
  }
  return answers
}

/**
 * The paused run as the requirements describe it, for a caller that may not read the run itself: AgentOS compares them.
 *
 * @param given as in {@link answersInRequirements}
 */
export function pauseInRequirements(
  kind: ComponentKind,
  given: readonly Dict[],
  ids: PausedIds,
): Pause {
  const open = given.map(withoutAnswer)
  return pauseIn(
    kind,
    kind === 'workflows' ? { step_requirements: open } : { requirements: open },
    ids,
  )
}

function withoutAnswer(requirement: Dict): Dict {
  const { tool_execution: tool, executor_requirements: nested } = requirement
  return {
    ...requirement,
    ...UNANSWERED,
    ...(isObject(tool) && { tool_execution: { ...tool, ...UNANSWERED_TOOL } }),
    ...(Array.isArray(nested) && {
      executor_requirements: nested.filter(isObject).map(withoutAnswer),
    }),
  }
}

const UNANSWERED = {
  confirmation: null,
  confirmed: null,
  external_execution_result: null,
  selected_choices: null,
  user_input: null,
} as const
const UNANSWERED_TOOL = { confirmed: null, result: null, answered: null } as const

function toolOf({ tool_execution: tool }: Dict): Dict {
  return isObject(tool) ? tool : {}
}

/** @returns undefined when nothing is filled in */
function answerIn(call: PendingCall, requirement: Dict): Answer | undefined {
  const tool = toolOf(requirement)
  const first = (...values: unknown[]) =>
    values.find((value) => value !== undefined && value !== null)
  switch (call.kind) {
    case 'confirmation': {
      const accepted = first(
        requirement['confirmation'],
        requirement['confirmed'],
        tool['confirmed'],
      )
      const note = first(
        requirement['confirmation_note'],
        requirement['rejection_feedback'],
        tool['confirmation_note'],
      )
      return accepted === undefined ? undefined : answerTo(call, { accepted, note })
    }
    case 'external_execution': {
      const result = first(requirement['external_execution_result'], tool['result'])
      const hasFailed = tool['tool_call_error'] === true
      return result === undefined ? undefined : answerTo(call, result, hasFailed)
    }
    case 'user_input': {
      const values = {
        ...valuesIn(tool['user_input_schema']),
        ...valuesIn(requirement['user_input_schema']),
        ...(isObject(requirement['user_input']) && requirement['user_input']),
      }
      return Object.keys(values).length === 0 ? undefined : answerTo(call, { values })
    }
    case 'user_feedback': {
      const selections = {
        ...selectionsIn(tool['user_feedback_schema']),
        ...selectionsIn(requirement['user_feedback_schema']),
        ...choicesIn(call, requirement['selected_choices']),
      }
      return Object.keys(selections).length === 0 ? undefined : answerTo(call, { selections })
    }
  }
}

function valuesIn(schema: unknown): Dict {
  const fields = Array.isArray(schema) ? schema.filter(isObject) : []
  const filled = fields.filter(({ value }) => value !== undefined && value !== null)
  return Object.fromEntries(filled.map(({ name, value }) => [String(name), value]))
}

/** Either the list of labels is filled in, or the mark of each option. */
function selectionsIn(schema: unknown): Dict {
  const questions = Array.isArray(schema) ? schema.filter(isObject) : []
  const chosen = questions.flatMap(({ question, selected_options: labels, options }) => {
    const marked = (Array.isArray(options) ? options.filter(isObject) : [])
      .filter(({ selected }) => selected === true)
      .map(({ label }) => label)
    const selected = Array.isArray(labels) && labels.length > 0 ? labels : marked
    return selected.length > 0 ? [[String(question), selected]] : []
  })
  return Object.fromEntries(chosen) as Dict
}

/** The route that a step of a workflow takes. */
function choicesIn({ questions: [first] }: PendingCall, choices: unknown): Dict {
  const isFilled = first !== undefined && Array.isArray(choices) && choices.length > 0
  return isFilled ? { [first.question]: choices } : {}
}
