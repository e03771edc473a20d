/** Writes errors in AgentOS's own form, for faces without a form of their own. */
import { errorBody } from '../errors.ts'
import type { FaceAnswer, Refusal } from './translator.ts'

export function agentOsRefusal({ status, message, code }: Refusal): FaceAnswer {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      ...(code !== undefined && { 'x-agentos-gateway-error': code }),
    },
    body: errorBody(message),
  }
}
