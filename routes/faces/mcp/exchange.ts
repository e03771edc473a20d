/** Serves one request of the MCP face: reads the message, decides about its tool, and lets the SDK answer. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { McpFaceConfig } from '../../../config/types.ts'
import { noteError } from '../../../plugins/errors.ts'
import { GatewayError } from '../../../src/errors.ts'
import { agentOsRefusal } from '../../../src/face/error-shape.ts'
import type { EndedSessions } from '../../../src/face/mcp/ended-sessions.ts'
import { mcpRefusal } from '../../../src/face/mcp/error-shape.ts'
import { challenge } from '../../../src/face/mcp/protected-resource.ts'
import { errorAnswer } from '../../../src/face/mcp/run-answer.ts'
import { stateKeyOf } from '../../../src/face/mcp/state-key.ts'
import { refusalOf } from '../../../src/face/refusal.ts'
import { publicUrl } from '../../../src/relay/public-url.ts'
import { callerSignal } from '../../data/call.ts'
import { FaceCall } from '../face-call.ts'
import { notedFailure } from '../send-refusal.ts'
import type { Message } from './message.ts'
import { paramsOf, readMessage, requestId } from './message.ts'
import {
  answerOf,
  assertLive,
  cancelCall,
  keepOpen,
  newSessionId,
  SESSION_HEADER,
  showsForms,
  takeAnswer,
} from './open-calls.ts'
import type { PreparedCall } from './prepare.ts'
import { missingScopes, prepare } from './prepare.ts'
import { configTool, searchTool, sessionRunsTool, sessionsTool } from './read-tools.ts'
import type { RunOutcome, ToolClient } from './run-tool.ts'
import { cancelTool, continueTool, runTool } from './run-tool.ts'
import type { McpRequest, McpSdk, StateSeal } from './sdk.ts'
import { claimsModern, hasValidParams } from './sdk.ts'
import { listedTools } from './toolbox.ts'
import { sendWebResponse } from './web-response.ts'

/** `POST /mcp` */
export async function serveMessage(
  request: FastifyRequest,
  reply: FastifyReply,
  face: McpFaceConfig,
  { sdk, ended }: { readonly sdk: McpSdk; readonly ended: EndedSessions },
): Promise<FastifyReply | undefined> {
  const message = await readMessage(request)
  const { method } = message
  if (method !== 'initialize' && !claimsModern(message)) await assertLive(request, ended)
  if (requestId(message) !== null && !hasValidParams(message)) {
    return sendInvalidParams(reply, message)
  }
  if (method === 'notifications/cancelled') await cancelCall(request.server, request, message)
  if (method === undefined) await takeAnswer(request, message)
  const isCall = method === 'tools/call' && requestId(message) !== null
  const call = new FaceCall(request, reply, face, agentOsRefusal)
  const called = isCall ? await settled(prepare(call, face, paramsOf(message))) : undefined
  const scopes = called && 'error' in called ? missingScopes(call, called.error) : undefined
  if (scopes && face.authorizationServers.length > 0) {
    return sendChallenge(request, reply, face, { scopes, message })
  }
  if (isCall) keepOpen(request, message, () => end(request, reply))
  const described = describe(request, face, called && { call, called })
  const response = await sdk.fetch(webRequest(request), described, message, isRun(called))
  await sendWebResponse(reply, response, sessionHeader(message))
  return undefined
}

function sendInvalidParams(reply: FastifyReply, message: Message): FastifyReply {
  const error = { code: -32_602, message: 'Invalid params' }
  return reply.code(400).send({ jsonrpc: '2.0', error, id: requestId(message) })
}

/** The request as the SDK reads it: it has the body already, and needs no address. */
function webRequest(request: FastifyRequest): Request {
  const headers = new Headers()
  const { rawHeaders } = request.raw
  for (let i = 0; i < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string)
  }
  const signal = callerSignal(request)
  return new Request('http://gateway/', { method: request.method, headers, signal })
}

/** The answer to `initialize` names a session: see `open-calls.ts`. */
function sessionHeader(message: Message): Record<string, string> {
  return message['method'] === 'initialize' ? { [SESSION_HEADER]: newSessionId(message) } : {}
}

/** Ends the response of a cancelled call without an answer. */
function end(request: FastifyRequest, reply: FastifyReply): void {
  request.context.isCancelled = true
  reply.raw.end()
}

type Settled = { readonly value: PreparedCall | undefined } | { readonly error: unknown }

/** A refused tool call is answered by the SDK, in the form of the request's revision. */
async function settled(preparing: Promise<PreparedCall | undefined>): Promise<Settled> {
  try {
    return { value: await preparing }
  } catch (error) {
    return { error }
  }
}

function isRun(called: Settled | undefined): boolean {
  const type = called && 'value' in called ? called.value?.asked.type : undefined
  return type === 'run' || type === 'continue'
}

function sendChallenge(
  request: FastifyRequest,
  reply: FastifyReply,
  { path }: McpFaceConfig,
  { scopes, message }: { readonly scopes: readonly string[]; readonly message: Message },
): FastifyReply {
  const error = new GatewayError('AGW_FORBIDDEN')
  noteError(request, error)
  const { status, headers, body } = mcpRefusal(refusalOf(error), requestId(message))
  const resource = { publicUrl: publicUrl(request), path }
  return reply
    .code(status)
    .headers({ ...headers, 'www-authenticate': challenge(resource, scopes) })
    .send(body)
}

function describe(
  request: FastifyRequest,
  face: McpFaceConfig,
  tool: { readonly call: FaceCall; readonly called: Settled } | undefined,
): McpRequest {
  const { config } = request.gateway
  return {
    name: config.name ?? config.id,
    description: config.description,
    isFiltered: config.auth.mode !== 'none' || request.caller.authorization !== undefined,
    listTtlMs: LIST_TTL_MS,
    heartbeatMs: config.stream.heartbeatMs,
    state: stateSeal(request, tool?.called),
    listTools: () => listedTools(request, face),
    showsForms: showsForms(request),
    answerOf: (id) => answerOf(request, id),
    callTool: async (client) => {
      if (tool === undefined) return undefined
      try {
        if ('error' in tool.called) throw tool.called.error
        return tool.called.value && (await perform(tool.call, face, tool.called.value, client))
      } catch (thrown) {
        return errorAnswer(refusalOf(notedFailure(request, thrown)))
      }
    },
  }
}

/** A refreshed token of the same subject is the same caller, and so is a successor of its API key. */
function stateSeal({ gateway, caller }: FastifyRequest, called: Settled | undefined): StateSeal {
  const { remote } = (called && 'value' in called && called.value) || {}
  const owner = caller.principal ?? caller.digest
  const binding = JSON.stringify([owner, remote?.kind, remote?.id])
  return { key: stateKeyOf(gateway.config), binding }
}

/** How long a client may use a list of tools, in milliseconds. */
const LIST_TTL_MS = 10_000

function perform(
  call: FaceCall,
  face: McpFaceConfig,
  { asked, remote }: PreparedCall,
  client: ToolClient,
): Promise<RunOutcome> {
  const { request } = call
  switch (asked.type) {
    case 'config':
      return configTool(request, face)
    case 'search':
      return searchTool(request, face, asked)
    case 'sessions':
      return sessionsTool(request, asked)
    case 'session_runs':
      return sessionRunsTool(request, asked)
  }
  if (remote === undefined) throw new GatewayError('AGW_COMPONENT_NOT_FOUND')
  if (asked.type === 'run') return runTool(call, remote, asked, client)
  if (asked.type === 'continue') return continueTool(call, remote, asked, client)
  return cancelTool(call, remote, asked)
}
