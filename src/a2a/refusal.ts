/** Converts the errors of an A2A server to AgentOS's status and message. */
import { errorBody } from '../errors.ts'
import { isObject } from '../json/is-object.ts'
import type { Envelope } from './wire.ts'

/** @see A2A 0.3 §8 */
const STATUS: Readonly<Record<number, number>> = {
  [-32700]: 400,
  [-32600]: 400,
  [-32602]: 400,
  [-32601]: 501,
  [-32001]: 404,
  [-32002]: 409,
  [-32003]: 501,
  [-32004]: 501,
  [-32005]: 415,
  [-32006]: 502,
}

/** Longest part of an unknown error answer that the caller receives, in characters. */
const MAX_DETAIL_LENGTH = 500

/** An error answer. */
export interface Refusal {
  readonly status: number
  /** `{"detail": …}` */
  readonly text: string
}

/**
 * @param status of the server's answer
 * @param envelope the answer, where it is JSON-RPC
 * @param text the answer as it came
 */
export function refusal(status: number, envelope: Envelope | undefined, text: string): Refusal {
  if (envelope !== undefined && 'error' in envelope) {
    const { code, message } = envelope.error
    const meant = STATUS[code] ?? (status >= 400 ? status : 500)
    return { status: meant, text: errorBody(meant === 404 ? 'Run not found' : message) }
  }
  return { status, text: isAgentOs(text) ? text : errorBody(text.slice(0, MAX_DETAIL_LENGTH)) }
}

/** The error has AgentOS's own form, which the A2A interface of an AgentOS passes through. */
function isAgentOs(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text)
    return isObject(parsed) && 'detail' in parsed
  } catch {
    return false
  }
}
