/** Fills the answers of a caller into the requirements of paused members. Only answers are taken from the caller. */
import { openCallKind } from '../agentos/requirement.ts'

type Dict = Record<string, unknown>

/**
 * Returns the requirements with the answers that belong to them. A requirement without an answer is returned unchanged.
 *
 * @param answers requirements with their answers. Arguments of tools in them are ignored: the tool runs with the arguments
 *   that the member has asked for.
 */
export function withAnswers(
  requirements: readonly Dict[],
  answers: readonly Readonly<Dict>[],
): Dict[] {
  const given = answers.flatMap((answer) => [answer, ...dictsIn(answer['executor_requirements'])])
  return requirements.map((requirement) => {
    const answer = given.find(({ id }) => id !== undefined && id === requirement['id'])
    return answer === undefined ? requirement : filled(requirement, answer)
  })
}

/** Whether a requirement has all its answers. @see Agno `RunRequirement.is_resolved` */
export function isResolved(requirement: Dict): boolean {
  return openCallKind(toolOf(requirement)) === undefined
}

/** Whether the caller has refused the tool call of a requirement. */
export function isRejected(requirement: Dict): boolean {
  return toolOf(requirement)['confirmed'] === false
}

/** The tool call of a requirement; empty when it has none. */
export function toolOf(requirement: Dict): Dict {
  const tool = requirement['tool_execution']
  return typeof tool === 'object' && tool !== null ? (tool as Dict) : {}
}

/** The objects in a list; none when the value is no list. */
export function dictsIn(value: unknown): Dict[] {
  if (!Array.isArray(value)) return []
  return value.filter((item) => typeof item === 'object' && item !== null) as Dict[]
}

function filled(requirement: Dict, answer: Readonly<Dict>): Dict {
  const tool = toolOf(requirement)
  const given = answer['tool_execution'] === undefined ? answer : toolOf(answer)
  switch (openCallKind(tool)) {
    case 'confirmation': {
      const confirmed = given['confirmed'] ?? answer['confirmation']
      if (typeof confirmed !== 'boolean') return requirement
      const note = answer['confirmation_note'] ?? given['confirmation_note'] ?? null
      const noted = confirmed ? {} : { confirmation_note: note }
      return withTool(requirement, { confirmation: confirmed, ...noted }, { confirmed, ...noted })
    }
    case 'external_execution': {
      const result = given['result'] ?? answer['external_execution_result']
      if (typeof result !== 'string') return requirement
      const failed = given['tool_call_error'] === true ? { tool_call_error: true } : {}
      return withTool(requirement, { external_execution_result: result }, { result, ...failed })
    }
    case 'user_input':
      return answeredSchema(requirement, [given, answer], INPUT)
    case 'user_feedback':
      return answeredSchema(requirement, [given, answer], FEEDBACK)
    case undefined:
      return requirement
  }
}

const INPUT = { key: 'user_input_schema', name: 'name', value: 'value' } as const
const FEEDBACK = {
  key: 'user_feedback_schema',
  name: 'question',
  value: 'selected_options',
} as const

/** The requirement and its tool call both contain the schema; a caller may fill either. */
function answeredSchema(
  requirement: Dict,
  given: readonly Readonly<Dict>[],
  { key, name, value }: typeof INPUT | typeof FEEDBACK,
): Dict {
  const asked = dictsIn(toolOf(requirement)[key] ?? requirement[key])
  const entries = given.flatMap((each) => dictsIn(each[key]))
  const schema = asked.map((field) => {
    const found = entries.find((each) => each[name] === field[name] && hasValue(each[value]))
    return found === undefined ? field : { ...field, [value]: found[value] }
  })
  const isWhole = schema.every((field) => hasValue(field[value]))
  const isAnswered =
    isWhole && (entries.length > 0 || given.some((each) => each['answered'] === true))
  return withTool(
    requirement,
    { [key]: schema },
    {
      [key]: schema,
      ...(isAnswered && { answered: true }),
    },
  )
}

function hasValue(value: unknown): boolean {
  return value !== null && value !== undefined
}

function withTool(requirement: Dict, own: Dict, tool: Dict): Dict {
  return { ...requirement, ...own, tool_execution: { ...toolOf(requirement), ...tool } }
}
