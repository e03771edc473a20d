/**
 * Keeps the tool calls in progress by session and request id, so that `notifications/cancelled` of revisions before
 * 2026-07-28 finds its call: it comes by a request of its own, perhaps to another worker.
 */
import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { identityKey } from '../../../plugins/rate-limit.ts'
import type { Message } from './message.ts'
import { paramsOf, requestId } from './message.ts'

export const SESSION_HEADER = 'mcp-session-id'

/** Longest session id that is read, in characters. */
const MAX_SESSION_LENGTH = 128

/**
 * A session id distinguishes calls with equal request ids. It grants nothing, and nothing is kept for it: the caller may
 * send any text.
 */
export function newSessionId(): string {
  return randomUUID()
}

/** Keeps a call until its response is done. Calls without a session end only with their connection. */
export function keepOpen(request: FastifyRequest, message: Message, cancel: () => void): void {
  const key = keyOf(request, requestId(message))
  if (key === undefined) return
  const { cancellations } = request.server
  cancellations.set(key, cancel)
  request.context.onClose(() => {
    if (cancellations.get(key) === cancel) cancellations.delete(key)
  })
}

/** Cancels the call that the notification names, if it is one of this caller in any worker. */
export async function cancelCall(
  app: FastifyInstance,
  request: FastifyRequest,
  message: Message,
): Promise<void> {
  const key = keyOf(request, paramsOf(message)['requestId'])
  if (key === undefined) return
  if (app.workerPeers) await app.workerPeers.gather('cancel', key)
  else await app.answerTopic('cancel', key)
}

function keyOf(request: FastifyRequest, id: unknown): string | undefined {
  const session = request.headers[SESSION_HEADER]
  const isId = typeof id === 'string' || typeof id === 'number'
  if (!isId || typeof session !== 'string' || session.length > MAX_SESSION_LENGTH) return undefined
  return JSON.stringify([identityKey(request), request.caller.digest, session, id])
}
