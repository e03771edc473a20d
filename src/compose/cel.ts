/**
 * Evaluates the CEL expressions of conditions, loops and routers, with Agno's variables.
 *
 * @see https://cel.dev
 */
import { Environment } from '@marcbachmann/cel-js'

/** Use of an expression; it decides which variables exist. */
export type ExpressionUse = 'condition' | 'loop' | 'router'

/** A compiled expression. @throws {ExpressionError} when it cannot be evaluated, or gives the wrong type */
export type Expression = (variables: Readonly<Record<string, unknown>>) => unknown

/** Thrown for an invalid expression. The message contains the position of the fault. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
}

const LIMITS = { maxAstNodes: 1_000, maxDepth: 50 }

/**
 * Compiles an expression.
 *
 * @throws {ExpressionError} when it is not valid CEL, uses an unknown variable, or has the wrong result type
 */
export function compileExpression(text: string, use: ExpressionUse): Expression {
  const environment = environmentFor(use)
  const { valid, type = 'dyn', error } = environment.check(text)
  if (!valid) throw new ExpressionError(error?.message ?? `not a CEL expression: ${text}`)
  const wanted = use === 'router' ? 'string' : 'bool'
  const isPossible = type === 'dyn' || type === wanted || (use === 'router' && isListOfText(type))
  if (!isPossible) {
    throw new ExpressionError(`the expression gives ${type}, where ${wanted} is needed: ${text}`)
  }
  const program = environment.parse(text)
  return (variables) => {
    const value = evaluated(() => program({ ...variables }), text)
    if (isOfUse(value, use)) return value
    throw new ExpressionError(
      `the expression gave ${kindOf(value)}, where ${wanted} is needed: ${text}`,
    )
  }
}

/** @throws {ExpressionError} with the expression, such as for a key that does not exist */
function evaluated(evaluate: () => unknown, text: string): unknown {
  try {
    return evaluate()
  } catch (error) {
    const [message = ''] = (error as Error).message.split('\n')
    throw new ExpressionError(`${message}: ${text}`)
  }
}

/** Data of the caller has no type at load. */
function isOfUse(value: unknown, use: ExpressionUse): boolean {
  if (use !== 'router') return typeof value === 'boolean'
  const isText = (one: unknown) => typeof one === 'string'
  return isText(value) || (Array.isArray(value) && value.every(isText))
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a map' : typeof value
}

function environmentFor(use: ExpressionUse): Environment {
  const environment = new Environment({ limits: LIMITS })
  if (use === 'loop') {
    return environment
      .registerVariable('current_iteration', 'int')
      .registerVariable('max_iterations', 'int')
      .registerVariable('all_success', 'bool')
      .registerVariable('last_step_content', 'string')
      .registerVariable('step_outputs', 'map<string, string>')
  }
  environment
    .registerVariable('input', 'string')
    .registerVariable('previous_step_content', 'string')
    .registerVariable('previous_step_outputs', 'map<string, string>')
    .registerVariable('additional_data', 'map<string, dyn>')
    .registerVariable('session_state', 'map<string, dyn>')
  if (use === 'router') environment.registerVariable('step_choices', 'list<string>')
  return environment
}

function isListOfText(type: string): boolean {
  return type === 'list<string>' || type === 'list<dyn>' || type === 'list'
}
