/** Decides about a tool call before anything is sent: finds the tool, checks the arguments and authorizes the target. */
import type { JsonSchemaType } from '@modelcontextprotocol/server'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/server/validators/ajv'
import type { McpFaceConfig } from '../../../config/types.ts'
import { GatewayError } from '../../../src/errors.ts'
import { badRequest } from '../../../src/face/json-body.ts'
import type { McpTool } from '../../../src/face/mcp/tool.ts'
import type { ToolCall } from '../../../src/face/mcp/tool-call.ts'
import { toolCall } from '../../../src/face/mcp/tool-call.ts'
import { isObject } from '../../../src/json/is-object.ts'
import { percentEncoded } from '../../../src/parameters/path.ts'
import type { BaseRemote } from '../../../src/remote/base-remote.ts'
import type { FaceCall } from '../face-call.ts'
import type { Message } from './message.ts'
import { findTool } from './toolbox.ts'

/** A tool call that has been authorized. */
export interface PreparedCall {
  readonly asked: ToolCall
  /** The component that the call is for. */
  readonly remote: BaseRemote | undefined
}

export const validator = new AjvJsonSchemaValidator()
/** Longest description of invalid arguments, in characters. */
const LONGEST_MESSAGE = 1_000
const CHECKS = new WeakMap<McpTool, ReturnType<AjvJsonSchemaValidator['getValidator']>>()

/**
 * @param params of `tools/call`
 * @returns undefined for an unknown tool
 * @throws {GatewayError} `AGW_BAD_REQUEST` for wrong arguments; the errors of {@link FaceCall.admit}
 */
export async function prepare(
  call: FaceCall,
  face: McpFaceConfig,
  { name, arguments: given }: Message,
): Promise<PreparedCall | undefined> {
  const found = typeof name === 'string' ? findTool(call.request, face, name) : undefined
  if (found === undefined) return undefined
  const args = given === undefined || given === null ? {} : given
  const { valid, errorMessage } = checkOf(found.tool)(args)
  if (!valid || !isObject(args)) {
    // Every wrong argument adds to the message.
    throw badRequest(`Invalid arguments: ${errorMessage?.slice(0, LONGEST_MESSAGE)}`)
  }
  const asked = toolCall(String(name), args, found.component)
  return { asked, remote: await admit(call, asked) }
}

function checkOf(tool: McpTool) {
  const known = CHECKS.get(tool)
  if (known) return known
  const check = validator.getValidator(tool.inputSchema as JsonSchemaType)
  CHECKS.set(tool, check)
  return check
}

/** Authorizes the request of AgentOS that the call becomes. */
async function admit(call: FaceCall, asked: ToolCall): Promise<BaseRemote | undefined> {
  switch (asked.type) {
    case 'run':
      return call.admit(asked.component, '/runs')
    case 'continue':
    case 'cancel':
      return call.admit(asked.component, `/runs/${percentEncoded(asked.runId)}/${asked.type}`)
    case 'config':
      await call.admitPath('/config')
      return undefined
    case 'sessions':
      await call.admitPath('/sessions')
      return undefined
    case 'session_runs':
      await call.admitPath(`/sessions/${percentEncoded(asked.sessionId)}/runs`)
      return undefined
    case 'search':
      return undefined
  }
}

/** A scope as OAuth can write it (RFC 6749 §3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** The scopes that a refused call lacks; undefined for any other failure. */
export function missingScopes({ request }: FaceCall, error: unknown): string[] | undefined {
  const { target } = request.context
  if (!(error instanceof GatewayError) || error.code !== 'AGW_FORBIDDEN' || !target)
    return undefined
  const { component, path } = target
  if (component === undefined) return [path === '/config' ? 'config:read' : 'sessions:read']
  const scope = `${component.kind}:${component.id}:run`
  return [SCOPE.test(scope) ? scope : `${component.kind}:run`]
}
