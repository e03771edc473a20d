/** Answers failures as errors of A2A. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { A2aFailure } from '../../../src/face/a2a/a2a-error.ts'
import { A2aError, failureOfError, failureOfRefusal } from '../../../src/face/a2a/a2a-error.ts'
import type { Wire } from '../../../src/face/a2a/wire.ts'
import { failureAnswer } from '../../../src/face/a2a/wire.ts'
import { sendRefusal } from '../send-refusal.ts'

export function sendFailure(
  request: FastifyRequest,
  reply: FastifyReply,
  thrown: unknown,
  wire: Wire,
): FastifyReply {
  if (thrown instanceof A2aError) return sendAnswer(reply, wire, failureOfError(thrown))
  return sendRefusal(request, reply, thrown, (refusal) =>
    failureAnswer(wire, failureOfRefusal(refusal)),
  )
}

function sendAnswer(reply: FastifyReply, wire: Wire, failure: A2aFailure): FastifyReply {
  const { status, headers, body } = failureAnswer(wire, failure)
  return reply.code(status).headers(headers).send(body)
}
