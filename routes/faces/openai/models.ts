/** Serves `GET /v1/models` and `/v1/models/{id}`: every component that the caller may see. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FaceConfig } from '../../../config/types.ts'
import { COMPONENT_KINDS } from '../../../src/catalogue/catalogue.ts'
import { GatewayError } from '../../../src/errors.ts'
import { isShown, namedComponent, qualifiedName } from '../../../src/face/component-filter.ts'

/** OpenAI's clients require a date, but a component has none. */
const CREATED = 1_767_225_600

interface Card {
  readonly id: string
  readonly name?: string | null
  readonly description?: string | null
}

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
  const { gateway, caller } = request
  const lists = await Promise.all(
    COMPONENT_KINDS.map(async (kind) => {
      const { body } = await gateway.lists.get(kind, { caller, isFreshWanted: false })
      const cards = JSON.parse(body.toString('utf8')) as Card[]
      return cards
        .filter(({ id }) => isShown(face, kind, id))
        .map(({ id, name, description }) => ({
          id: qualifiedName(kind, id),
          object: 'model',
          created: CREATED,
          owned_by: gateway.discovery.current.remote(kind, id)?.upstream.name ?? gateway.config.id,
          ...(name && { name }),
          ...(description && { description }),
        }))
    }),
  )
  return lists.flat()
}
