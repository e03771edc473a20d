/** Returns the answer that a tool call of a paused run waits for. */

/** The kinds of answers. */
export type OpenCallKind = 'confirmation' | 'user_input' | 'user_feedback' | 'external_execution'

/**
 * Returns the answer that a tool call waits for; undefined when it waits for none. The most specific kind wins.
 *
 * @see Agno `RunRequirement.pause_type`
 */
export function openCallKind(tool: Readonly<Record<string, unknown>>): OpenCallKind | undefined {
  if (tool['answered'] === true) return undefined
  const questions = tool['user_feedback_schema']
  if (Array.isArray(questions) && questions.some(isQuestion)) return 'user_feedback'
  if (tool['external_execution_required'] === true) {
    return typeof tool['result'] === 'string' ? undefined : 'external_execution'
  }
  if (tool['requires_user_input'] === true) return 'user_input'
  const isOpen = tool['confirmed'] === null || tool['confirmed'] === undefined
  return tool['requires_confirmation'] === true && isOpen ? 'confirmation' : undefined
}

function isQuestion(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { question } = value as { question?: unknown }
  return typeof question === 'string' && question !== ''
}
