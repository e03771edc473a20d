/** Reads the session and the user of a request of the OpenAI face. */
import type { IncomingHttpHeaders } from 'node:http'
import type { OpenAiFaceConfig } from '../../../config/types.ts'
import type { Caller } from '../../auth/caller.ts'
import { GatewayError } from '../../errors.ts'
import type { PauseStyle } from './pause-calls.ts'

/** Header that names the session of a request. */
export const SESSION_HEADER = 'x-agentos-session-id'
const USER_HEADER = 'x-agentos-user-id'
const MAX_ID_LENGTH = 256

/**
 * The session that a request names; a header takes precedence over the body. `user` never names a session: all chats of
 * one person would share it.
 *
 * @param inBody session of the body: `metadata.session_id`, or the session of `previous_response_id` or `conversation`
 */
export function sessionIdOf(
  headers: IncomingHttpHeaders,
  { sessionHeaders }: Pick<OpenAiFaceConfig, 'sessionHeaders'>,
  inBody: string | undefined,
): string | undefined {
  const named =
    headerIn(headers, SESSION_HEADER) ??
    inBody ??
    sessionHeaders.map((name) => headerIn(headers, name)).find((value) => value !== undefined)
  if (named !== undefined && named.length > MAX_ID_LENGTH) {
    const detail = `A session id must have at most ${MAX_ID_LENGTH} characters`
    throw new GatewayError('AGW_BAD_REQUEST', { detail })
  }
  return named === '' ? undefined : named
}

/**
 * The user of a run: the token's `sub`, or the caller's own value without a token.
 *
 * @param inBody `user` or `safety_identifier`
 * @throws {GatewayError} `AGW_FORBIDDEN` when a header names another user than the token
 */
export function userIdOf(
  headers: IncomingHttpHeaders,
  { claims, access }: Caller,
  inBody: string | undefined,
): string | undefined {
  const said = headerIn(headers, USER_HEADER)
  const sub = claims?.sub
  if (sub === undefined || access?.isAdmin) {
    return said ?? sub ?? headerIn(headers, 'x-openwebui-user-id') ?? inBody
  }
  if (said === undefined || said === sub) return sub
  const detail = `The header ${USER_HEADER} names another user than the token`
  throw new GatewayError('AGW_FORBIDDEN', { detail })
}

/** The form of a pause: the caller's header takes precedence over the tools in the body. @param inBody default `text` */
export function pauseStyleOf(
  headers: IncomingHttpHeaders,
  inBody: PauseStyle | undefined,
): PauseStyle {
  return headerIn(headers, 'x-agentos-hitl') === 'tools' ? 'tools' : (inBody ?? 'text')
}

/** The value of a header that occurs exactly once. */
export function headerIn(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
