/**
 * Keeps the tool calls in progress, so that messages about them find them: `notifications/cancelled`, and the answers of the
 * client to questions of the server. Before 2026-07-28 both come by requests of their own, perhaps to another worker.
 */
import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { identityKey } from '../../../plugins/rate-limit.ts'
import { GatewayError } from '../../../src/errors.ts'
import type { EndedSessions, SessionScope } from '../../../src/face/mcp/ended-sessions.ts'
import { canShowForms } from './client-forms.ts'
import type { Message } from './message.ts'
import { paramsOf, requestId } from './message.ts'

export const SESSION_HEADER = 'mcp-session-id'

/** Longest session id that is read, in characters. */
const MAX_SESSION_LENGTH = 128

/**
 * A session id distinguishes calls with equal request ids. It grants nothing, and nothing is kept for it: the caller may
 * send any text.
 */
export function newSessionId({ params }: Message): string {
  return randomUUID() + (canShowForms(params) ? FORMS_MARK : '')
}

/** End of the session ids of clients that show forms: only `initialize` names their capabilities. */
const FORMS_MARK = '.forms'

/** The client of this session shows forms to its user. */
export function showsForms({ headers }: FastifyRequest): boolean {
  const session = headers[SESSION_HEADER]
  return typeof session === 'string' && session.endsWith(FORMS_MARK)
}

/** Longest wait for a user, in milliseconds. After it the run is left waiting. */
const ANSWER_LIMIT_MS = 600_000

/** The result of the client's answer to the question with this id; undefined when none comes. */
export function answerOf(request: FastifyRequest, id: string): Promise<unknown> {
  const { server, context } = request
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const key = answerKey(request, id)
  const stop = () => resolve(undefined)
  const timer = setTimeout(stop, ANSWER_LIMIT_MS).unref()
  // A shutdown does not wait for people.
  const open = { onError: stop, drain: stop }
  server.openCalls.set(key, resolve)
  server.openResponses.add(open)
  context.onClose(stop)
  return promise.finally(() => {
    clearTimeout(timer)
    server.openCalls.delete(key)
    server.openResponses.delete(open)
  })
}

/** Hands the answer of a client to the call that asked, if it is one of this caller in any worker. */
export async function takeAnswer(request: FastifyRequest, { id, result }: Message): Promise<void> {
  if (typeof id !== 'string' || id.length > MAX_SESSION_LENGTH) return
  await notify(request.server, answerKey(request, id), result)
}

function answerKey(request: FastifyRequest, id: string): string {
  return JSON.stringify([identityKey(request), request.caller.digest, id])
}

async function notify(
  app: FastifyInstance,
  key: string,
  value?: unknown,
  isPrefix = false,
): Promise<void> {
  const args = { key, value, isPrefix }
  if (app.workerPeers) await app.workerPeers.gather('notify', args)
  else await app.answerTopic('notify', args)
}

/** Ends the calls of this caller's session in any worker. */
export async function cancelSession(request: FastifyRequest, session: string): Promise<void> {
  await notify(request.server, sessionKey(request, session), undefined, true)
}

/** Keeps a call until its response is done. Calls without a session end only with their connection. */
export function keepOpen(request: FastifyRequest, message: Message, cancel: () => void): void {
  const key = keyOf(request, requestId(message))
  if (key === undefined) return
  const { openCalls } = request.server
  openCalls.set(key, cancel)
  request.context.onClose(() => {
    if (openCalls.get(key) === cancel) openCalls.delete(key)
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
  await notify(app, key)
}

function keyOf(request: FastifyRequest, id: unknown): string | undefined {
  const session = sessionOf(request)
  const isId = typeof id === 'string' || typeof id === 'number'
  if (!isId || session === undefined) return undefined
  return sessionKey(request, session) + JSON.stringify(id)
}

/** The session that the request names; undefined without one, or for a text that cannot be one. */
export function sessionOf({ headers }: FastifyRequest): string | undefined {
  const session = headers[SESSION_HEADER]
  return typeof session === 'string' && session.length <= MAX_SESSION_LENGTH ? session : undefined
}

/** @throws {GatewayError} `AGW_NOT_FOUND` for a session that this caller has ended: the client has to initialize again */
export async function assertLive(request: FastifyRequest, ended: EndedSessions): Promise<void> {
  const session = sessionOf(request)
  if (session === undefined) return
  if (await ended.has(scopeOf(request), sessionKey(request, session))) {
    throw new GatewayError('AGW_NOT_FOUND', { detail: 'Session not found' })
  }
}

/** Where the ended sessions of a request's configuration are known. */
export function scopeOf({ gateway }: FastifyRequest): SessionScope {
  return { shared: gateway.store, namespace: gateway.config.id }
}

/** Names a session of this caller; the keys of its calls begin with it. */
export function sessionKey(request: FastifyRequest, session: string): string {
  return JSON.stringify([identityKey(request), request.caller.digest, session])
}
