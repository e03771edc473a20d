/** Records the runs and refusals of one client of the workflow socket in the audit log. */
import type { FastifyRequest } from 'fastify'
import { appendSent, untilWritten } from '../src/audit/append.ts'
import { decisionsIn } from '../src/audit/approvals.ts'
import type { Refusals } from '../src/audit/refusals.ts'
import { requestMembers, sentMembers } from '../src/audit/request-members.ts'
import { statusOfEvent } from '../src/audit/run-end.ts'
import type { AuditTrail } from '../src/audit/trail.ts'
import type { Caller } from '../src/auth/caller.ts'
import { ERRORS } from '../src/errors.ts'
import { boundedText } from '../src/limits/bounded-text.ts'
import type { ClientMessage, Destination } from '../src/socket/client-message.ts'
import type { SocketPolicy } from '../src/socket/policy.ts'

/** The parts of a socket's policy that record. */
export type SocketRecorder = Required<Pick<SocketPolicy, 'recordRun' | 'recordRefusal'>>

const PATH = '/workflows/ws'
const JSON_TYPE = 'application/json'
const MOST_ID = 256
/** A longer message is not searched for ids. */
const MOST_BYTES = 1024 * 1024

/** The parts of the audit log that record a socket. */
export interface SocketAudit {
  readonly trail: AuditTrail
  readonly refusals: Refusals
  /** Whether a run waits for its line. */
  mustBeWritten(): boolean
}

export function socketRecorder(
  request: FastifyRequest,
  { trail, refusals, mustBeWritten }: SocketAudit,
): SocketRecorder {
  return {
    recordRun: async (caller, message, destination) => {
      const beganAtMs = performance.now()
      const members = {
        event: 'run_sent',
        ...(await messageMembers(request, caller, message, destination)),
      }
      const isNeeded = mustBeWritten()
      const line = appendSent(trail, members, isNeeded)
      if (isNeeded) await untilWritten(line)
      return async (end) => {
        // The connection notes the failure of an upstream after it has ended the runs.
        await undefined
        const about = line ? { request_id: members.request_id } : members
        const runStatus = statusOfEvent(end?.event.replace(/^Workflow/, ''))
        trail.append(
          {
            ...about,
            event: 'run_ended',
            sent: line?.seq,
            status: 101,
            error:
              end?.error ??
              (runStatus === undefined ? errorOf(request, end !== undefined) : undefined),
            upstream: destination.upstream.name,
            run_id: end?.runId && boundedText(end.runId, MOST_ID),
            run_status: runStatus,
            duration_ms: Math.round((performance.now() - beganAtMs) * 10) / 10,
          },
          'ended',
        )
      }
    },
    recordRefusal: (caller, code, message) => {
      const { status } = ERRORS[code]
      refusals.add({ caller, ip: request.ip }, status, () => ({
        event: 'refused',
        ...aboutMessage(request, caller, message),
        status,
        error: code,
        missing_scopes: code === 'AGW_FORBIDDEN' ? ['workflows:run'] : undefined,
      }))
    },
  }
}

async function messageMembers(
  request: FastifyRequest,
  caller: Caller,
  message: ClientMessage,
  { upstream, frame }: Destination,
) {
  const bytes = Buffer.from(frame)
  const isContinued = message.action === 'continue-workflow'
  const decisions = isContinued ? await decisionsIn(bytes, JSON_TYPE) : undefined
  const body = bytes.length > MOST_BYTES ? undefined : bytes
  const sent = { method: 'GET', path: PATH, upstream, body, contentType: JSON_TYPE }
  return {
    ...aboutMessage(request, caller, message),
    ...sentMembers(sent),
    upstream: upstream.name,
    action: isContinued ? 'continue' : 'start',
    run_id: message.runId && boundedText(message.runId, MOST_ID),
    ...(decisions && { decisions: decisions.calls, unread_sha256: decisions.unread_sha256 }),
  }
}

/** Sender of a message, its scopes, and the workflow that the message names. */
function aboutMessage(request: FastifyRequest, caller: Caller, message?: ClientMessage) {
  const { id, ip, context, server } = request
  const workflow = message?.workflowId
  const component = workflow && boundedText(`workflows/${workflow}`, MOST_ID)
  return {
    ...requestMembers({ id, ip, caller, context }, grantsOf(server, caller, workflow)),
    component,
    method: 'GET',
    path: PATH,
  }
}

function grantsOf(
  server: FastifyRequest['server'],
  { access }: Caller,
  id: string | undefined,
): readonly string[] | undefined {
  if (access === null || id === undefined) return undefined
  const gateway = server.engine.current
  const component = { kind: 'workflows', id } as const
  const target = { method: 'POST', path: '/workflows/*/runs', component }
  return server.authorizerOf({ gateway }).grantsFor(access, target, gateway.discovery.current)
}

/** @param isRefused the upstream answered the message with an error */
function errorOf({ context }: FastifyRequest, isRefused: boolean): string {
  if (isRefused) return 'refused_by_upstream'
  return context.webSocket?.connection.links.lastError?.code ?? 'AGW_CLIENT_CLOSED'
}
