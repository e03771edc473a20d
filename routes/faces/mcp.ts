/** Serves MCP for every component at one URL, in the revision of 2026-07-28 and in the earlier ones. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { McpFaceConfig } from '../../config/types.ts'
import { mayCall } from '../../plugins/cors.ts'
import { GatewayError } from '../../src/errors.ts'
import { EndedSessions } from '../../src/face/mcp/ended-sessions.ts'
import { mcpRefusal } from '../../src/face/mcp/error-shape.ts'
import { originFault } from '../../src/face/mcp/origin-guard.ts'
import {
  challenge,
  METADATA_PATH,
  resourceMetadata,
} from '../../src/face/mcp/protected-resource.ts'
import type { Refusal } from '../../src/face/translator.ts'
import { publicUrl } from '../../src/relay/public-url.ts'
import { serveMessage } from './mcp/exchange.ts'
import { assertLive, cancelSession, scopeOf, sessionKey, sessionOf } from './mcp/open-calls.ts'
import { createSdk } from './mcp/sdk.ts'
import { watchTools } from './mcp/watch-tools.ts'
import { sendRefusal } from './send-refusal.ts'

export default async function mcp(app: FastifyInstance, { path }: McpFaceConfig) {
  const ended = new EndedSessions()
  const sdk = createSdk((error) => app.log.debug({ err: error }, 'mcp'))
  app.addHook('onClose', () => sdk.close())
  watchTools(app, sdk)
  app.setErrorHandler((error, request, reply) => {
    sendRefusal(request, reply, error, (refusal) => refused(request, path, refusal))
  })
  const config = { face: 'mcp' } as const

  app.post(path, { config }, async (request, reply) => {
    const face = faceOf(request)
    assertOrigin(request)
    return serveMessage(request, reply, face, { sdk, ended })
  })
  // The server sends nothing of itself.
  app.route({ method: 'GET', url: path, config, handler: notAllowed })
  app.delete(path, { config }, async (request, reply) => {
    faceOf(request)
    assertOrigin(request)
    return endSession(request, reply, ended)
  })

  const open = { config: { access: 'open' } } as const
  app.get(METADATA_PATH, open, metadata)
  app.get(METADATA_PATH + path, open, metadata)
}

/** @throws {GatewayError} `AGW_NOT_FOUND` for a face that a reload has turned off */
function faceOf({ gateway }: FastifyRequest): McpFaceConfig {
  const { mcp: face } = gateway.config.faces
  if (face === undefined) throw new GatewayError('AGW_NOT_FOUND')
  return face
}

/** Ends a session of this caller with its calls. Revision 2026-07-28 has no sessions. */
async function endSession(
  request: FastifyRequest,
  reply: FastifyReply,
  ended: EndedSessions,
): Promise<FastifyReply> {
  const session = sessionOf(request)
  if (session === undefined) return notAllowed()
  await assertLive(request, ended)
  ended.end(scopeOf(request), sessionKey(request, session))
  await cancelSession(request, session)
  return reply.code(204).send()
}

async function notAllowed(): Promise<never> {
  throw new GatewayError('AGW_METHOD_NOT_ALLOWED', { headers: { allow: 'POST' } })
}

/** @throws {GatewayError} `AGW_FORBIDDEN` */
function assertOrigin({ headers, gateway, host }: FastifyRequest): void {
  const { auth, cors, listen, publicUrl: url } = gateway.config
  const detail = originFault({
    host,
    origin: headers.origin,
    publicUrl: url,
    listenHost: listen.host,
    isAuthenticated: auth.mode !== 'none',
    isListed: (origin) => mayCall(origin, cors),
  })
  if (detail !== undefined) throw new GatewayError('AGW_FORBIDDEN', { detail })
}

/** RFC 9728. Without authentication there is nothing to discover. */
async function metadata(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { path, authorizationServers } = faceOf(request)
  const { config } = request.gateway
  if (config.auth.mode === 'none') throw new GatewayError('AGW_NOT_FOUND')
  const name = config.name ?? config.id
  const resource = { publicUrl: publicUrl(request), path, name, authorizationServers }
  return reply.send(resourceMetadata(resource))
}

/** A JSON-RPC error; a missing or invalid token also says where the metadata is. */
function refused(request: FastifyRequest, path: string, refusal: Refusal) {
  const answer = mcpRefusal(refusal)
  if (refusal.status !== 401) return answer
  const authenticate = challenge({ publicUrl: publicUrl(request), path })
  return { ...answer, headers: { ...answer.headers, 'www-authenticate': authenticate } }
}
