/** Answers an A2A request with a result in one piece. */
import type { FastifyReply } from 'fastify'
import type { Wire } from '../../../src/face/a2a/wire.ts'
import { answerText, contentTypeOf } from '../../../src/face/a2a/wire.ts'
import type { FaceCall } from '../face-call.ts'

export function sendResult({ reply }: FaceCall, wire: Wire, result: object): FastifyReply {
  return reply.header('content-type', contentTypeOf(wire)).send(answerText(wire, result))
}
