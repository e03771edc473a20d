/** Reads from the capabilities of an MCP client whether it shows forms to its user. */
import { isDict } from '../../../src/face/run-result.ts'

/**
 * An empty `elicitation` means forms.
 *
 * @param declared an object with the capabilities of the client, from the client
 */
export function canShowForms(declared: unknown, member = 'capabilities'): boolean {
  const capabilities = isDict(declared) ? declared[member] : undefined
  const elicitation = isDict(capabilities) ? capabilities['elicitation'] : undefined
  if (!isDict(elicitation)) return false
  return elicitation['form'] !== undefined || elicitation['url'] === undefined
}
