/** Lists the parameters that decide the target or the permission of a request, and refuses ambiguous spellings. */
import { GatewayError } from '../errors.ts'

/** Parameters by which a request for data finds its database, its component and its owner. */
export const DECIDING: ReadonlySet<string> = new Set([
  'agent_id',
  'team_id',
  'workflow_id',
  'component_id',
  'component_type',
  'db_id',
  'knowledge_id',
  'session_id',
  'user_id',
  'table',
  'type',
])

type Part = 'query' | 'body'

/** @param values given values of the parameter */
export function ambiguous(part: Part, name: string, values: readonly unknown[]): GatewayError {
  const msg = `Value error, '${name}' is given more than once with different values`
  return new GatewayError('AGW_PARAMETER_AMBIGUOUS', {
    detail: [{ type: 'value_error', loc: [part, name], msg, input: values }],
  })
}

/**
 * Refuses variants such as `Agent_Id`, `agent_id[]` and `agent_id%00`: AgentOS ignores them, but another parser may not.
 *
 * @throws {GatewayError} `AGW_PARAMETER_AMBIGUOUS`
 */
export function refuseVariants(
  given: Iterable<string>,
  names: ReadonlySet<string>,
  part: Part,
): void {
  for (const name of given) {
    if (names.has(name)) continue
    const meant = plainName(name)
    if (!names.has(meant)) continue
    throw new GatewayError('AGW_PARAMETER_AMBIGUOUS', {
      detail: [
        {
          type: 'value_error',
          loc: [part, name],
          msg: `Value error, this parameter is called '${meant}'`,
          input: name,
        },
      ],
    })
  }
}

/**
 * The name in the form of a lenient reader: without case, blanks, invisible characters, and text after a NUL or a
 * bracket.
 */
function plainName(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/(?!^)[\0[].*$/s, '')
    .replace(/[\s\p{C}?]/gu, '')
    .replaceAll('-', '_')
    .toLowerCase()
}
