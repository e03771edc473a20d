/** Serves agent cards and the catalogue of them, for the components that the caller may read. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { A2aFaceConfig } from '../../../config/types.ts'
import { GatewayError } from '../../../src/errors.ts'
import type { CardSite } from '../../../src/face/a2a/agent-card.ts'
import { agentCard, aiCatalog } from '../../../src/face/a2a/agent-card.ts'
import { namedComponent } from '../../../src/face/component-filter.ts'
import { publicUrl } from '../../../src/relay/public-url.ts'
import type { FaceCall } from '../face-call.ts'
import type { ShownComponent } from '../shown-components.ts'
import { shownComponents } from '../shown-components.ts'
import type { Target } from './read.ts'

const CATALOG = '/.well-known/ai-catalog.json'

export async function sendComponentCard(
  call: FaceCall,
  { kind, id }: Target,
): Promise<FastifyReply> {
  const { request, reply } = call
  await call.admit({ kind, id }, '', 'GET')
  const everything = { include: [], exclude: [] }
  const listed = await shownComponents(request, everything, [kind])
  const source = listed.find((each) => each.id === id) ?? { kind, id }
  return reply.send(agentCard(siteOf(request), source))
}

/** The card of the default component, or of the only one. */
export async function sendRootCard(call: FaceCall, face: A2aFaceConfig): Promise<FastifyReply> {
  const { request, reply } = call
  const components = await shownComponents(request, face)
  const [only, another] = components.filter((each) => isDefault(each, face))
  if (only && another === undefined) {
    await call.admit({ kind: only.kind, id: only.id }, '', 'GET')
    return reply.send(agentCard(siteOf(request), only))
  }
  const detail = `There is no single agent here: ${publicUrl(request)}${CATALOG} lists all of them`
  throw new GatewayError('AGW_NOT_FOUND', { detail })
}

function isDefault({ kind, id }: ShownComponent, face: A2aFaceConfig): boolean {
  if (face.default === undefined) return true
  const named = namedComponent(face.default)
  return named.id === id && (named.kind === undefined || named.kind === kind)
}

export async function sendCatalog(
  request: FastifyRequest,
  reply: FastifyReply,
  face: A2aFaceConfig,
): Promise<FastifyReply> {
  const components = await shownComponents(request, face)
  const { id } = request.gateway.config
  return reply.send(aiCatalog(siteOf(request), id, components))
}

function siteOf(request: FastifyRequest): CardSite {
  const isProtected = request.gateway.config.auth.mode !== 'none'
  return { url: publicUrl(request), isProtected }
}
