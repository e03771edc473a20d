/** Serves `GET /v1/models` and `/v1/models/{id}`: every component that the caller may see. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FaceConfig } from '../../../config/types.ts'
import { GatewayError } from '../../../src/errors.ts'
import { namedComponent, qualifiedName } from '../../../src/face/component-filter.ts'
import { shownComponents } from '../shown-components.ts'

/** OpenAI's clients require a date, but a component has none. */
const CREATED = 1_767_225_600

export async function listModels(
  request: FastifyRequest,
  reply: FastifyReply,
  face: FaceConfig,
): Promise<FastifyReply> {
  return reply.send({ object: 'list', data: await modelsOf(request, face) })
}

/** @throws {GatewayError} `AGW_COMPONENT_NOT_FOUND` */
export async function showModel(
  request: FastifyRequest,
  reply: FastifyReply,
  face: FaceConfig,
): Promise<FastifyReply> {
  const { '*': name } = request.params as { '*': string }
  const { kind, id } = namedComponent(name)
  const models = await modelsOf(request, face)
  const found = models.filter((model) =>
    kind === undefined ? model.id.endsWith(`/${id}`) : model.id === qualifiedName(kind, id),
  )
  const [model, another] = found
  if (model && another === undefined) return reply.send(model)
  const detail = `The model '${name}' does not exist`
  throw new GatewayError('AGW_COMPONENT_NOT_FOUND', { detail })
}

async function modelsOf(request: FastifyRequest, face: FaceConfig) {
  const { discovery, config } = request.gateway
  const shown = await shownComponents(request, face)
  return shown.map(({ kind, id, name, description }) => ({
    id: qualifiedName(kind, id),
    object: 'model',
    created: CREATED,
    owned_by: discovery.current.remote(kind, id)?.upstream.name ?? config.id,
    ...(name && { name }),
    ...(description && { description }),
  }))
}
