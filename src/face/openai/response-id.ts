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
}

const PREFIX = 'resp_'

export function responseId({ kind, id, sessionId, runId }: ResponseReference): string {
  return PREFIX + encodeToken([kind, id, sessionId, runId])
}

/** @throws {GatewayError} `AGW_NOT_FOUND` for a foreign id. Does not check the owner of the run. */
export function responseReference(given: string): ResponseReference {
  const parts = given.startsWith(PREFIX) ? decodeToken(given.slice(PREFIX.length), 4) : undefined
  const [kind, id, sessionId, runId] = parts ?? []
  const known = COMPONENT_KINDS.find((each) => each === kind)
  if (known && id && sessionId && runId) return { kind: known, id, sessionId, runId }
  throw new GatewayError('AGW_NOT_FOUND', { detail: 'No response has this id' })
}
