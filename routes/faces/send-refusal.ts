/** Answers failures of hooks, handlers and AgentOS in the error form of a face. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { asGatewayError, noteError } from '../../plugins/errors.ts'
import { AgentOSError } from '../../src/client/agentos-error.ts'
import { GatewayError, RefusedAnswer } from '../../src/errors.ts'
import { refusalOf } from '../../src/face/refusal.ts'
import type { RefusalShape } from '../../src/face/translator.ts'

/** Error handler for the routes of a face. */
export function sendRefusal(
  request: FastifyRequest,
  reply: FastifyReply,
  thrown: unknown,
  shape: RefusalShape,
): FastifyReply {
  const error = notedFailure(request, thrown)
  const refusal = refusalOf(error)
  const { status, headers, body } = shape(refusal)
  return reply
    .code(status)
    .headers({ ...refusal.headers, ...headers })
    .send(body)
}

/** Notes a failure of the gateway for the access log and the metrics. @returns the failure in known terms */
export function notedFailure(
  request: FastifyRequest,
  thrown: unknown,
): GatewayError | AgentOSError {
  const error = asAnswer(thrown) ?? asGatewayError(thrown)
  if (error instanceof GatewayError) noteError(request, error)
  return error
}

/** The error answer of an AgentOS, if the failure is one. */
function asAnswer(thrown: unknown): AgentOSError | undefined {
  if (thrown instanceof AgentOSError) return thrown
  if (thrown instanceof RefusedAnswer) return AgentOSError.fromAnswer(thrown.status, thrown.body)
  return undefined
}
