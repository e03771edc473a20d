/** Serves OpenAI's API for every component: `/v1/models`, `/v1/chat/completions`, `/v1/responses`. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { OpenAiFaceConfig } from '../../config/types.ts'
import { GatewayError } from '../../src/errors.ts'
import { openAiRefusal } from '../../src/face/openai/error-shape.ts'
import { FaceCall } from './face-call.ts'
import { chat } from './openai/chat.ts'
import { listModels, showModel } from './openai/models.ts'
import { cancelResponse, createResponse, listInputItems, showResponse } from './openai/responses.ts'
import { sendRefusal } from './send-refusal.ts'

type Handler = (
  request: FastifyRequest,
  reply: FastifyReply,
  face: OpenAiFaceConfig,
) => Promise<FastifyReply | undefined>

export default async function openai(app: FastifyInstance) {
  app.setErrorHandler((error, request, reply) => sendRefusal(request, reply, error, openAiRefusal))
  const config = { face: 'openai' } as const
  const logged = new Set<string>()

  const route = (method: string | string[], url: string, handler: Handler) =>
    app.route({
      method,
      url,
      config,
      handler: (request, reply) => handler(request, reply, faceOf(request)),
    })
  const call = (request: FastifyRequest, reply: FastifyReply, face: OpenAiFaceConfig) =>
    new FaceCall(request, reply, face, openAiRefusal)

  route('GET', '/v1/models', listModels)
  route('GET', '/v1/models/*', showModel)
  route('POST', '/v1/responses', (request, reply, face) =>
    createResponse(call(request, reply, face), face),
  )
  route('GET', '/v1/responses/:id', (...parts) => showResponse(call(...parts)))
  route('POST', '/v1/responses/:id/cancel', (...parts) => cancelResponse(call(...parts)))
  route('GET', '/v1/responses/:id/input_items', (...parts) => listInputItems(call(...parts)))
  route(['GET', 'POST', 'DELETE'], '/v1/*', async () => {
    throw new GatewayError('AGW_NOT_FOUND', { detail: 'This part of the API is not served here' })
  })
  route('POST', '/v1/chat/completions', (request, reply, face) =>
    chat(call(request, reply, face), face, logged),
  )
}

/** @throws {GatewayError} `AGW_NOT_FOUND` when a reload has disabled the face */
function faceOf({ gateway }: FastifyRequest): OpenAiFaceConfig {
  const { openai: face } = gateway.config.faces
  if (face === undefined) throw new GatewayError('AGW_NOT_FOUND')
  return face
}
