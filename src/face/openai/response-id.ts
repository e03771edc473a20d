/**
 * Encodes and decodes the ids of `/v1/responses`. They contain component, session and run, because the gateway stores no
 * responses.
 */
import type { ComponentKind } from '../../../config/types.ts'
import { COMPONENT_KINDS } from '../../catalogue/catalogue.ts'
import { GatewayError } from '../../errors.ts'
import { decodeToken, encodeToken } from '../token.ts'

/** The run that a response id encodes. */
export interface ResponseReference {
  readonly kind: ComponentKind
  readonly id: string
  readonly sessionId: string
  readonly runId: string
  /** Set for the response to the answers of a pause: each response of one run has an id of its own. */
  readonly continuation?: string | undefined
}

const PREFIX = 'resp_'

export function responseId(reference: ResponseReference): string {
  const { kind, id, sessionId, runId, continuation } = reference
  return PREFIX + encodeToken([kind, id, sessionId, runId, ...(continuation ? [continuation] : [])])
}

/** @throws {GatewayError} `AGW_NOT_FOUND` for a foreign id. Does not check the owner of the run. */
export function responseReference(given: string): ResponseReference {
  const token = given.startsWith(PREFIX) ? given.slice(PREFIX.length) : ''
  const [kind, id, sessionId, runId, continuation] =
    decodeToken(token, 4) ?? decodeToken(token, 5) ?? []
  const known = COMPONENT_KINDS.find((each) => each === kind)
  if (known && id && sessionId && runId) return { kind: known, id, sessionId, runId, continuation }
  throw new GatewayError('AGW_NOT_FOUND', { detail: 'No response has this id' })
}
