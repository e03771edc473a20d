/** Reads from the capabilities of an MCP client whether it shows forms to its user. */

/**
 * An empty `elicitation` means forms.
 *
 * @param declared an object with the capabilities of the client, from the client
 */
import { isObject } from '../../../src/json/is-object.ts'
export function canShowForms(declared: unknown, member = 'capabilities'): boolean {
  const capabilities = isObject(declared) ? declared[member] : undefined
  const elicitation = isObject(capabilities) ? capabilities['elicitation'] : undefined
  if (!isObject(elicitation)) return false
  return elicitation['form'] !== undefined || elicitation['url'] === undefined
}
