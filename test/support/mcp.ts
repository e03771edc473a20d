/** Sends MCP messages as clients of both revisions do, and reads their answers. */
import type { Answer } from './client.ts'
import { postJson } from './faces.ts'
import { gatewayOf } from './gateway.ts'

type Dict = Record<string, unknown>

export const MODERN = '2026-07-28'
export const LEGACY = '2025-11-25'
const ACCEPT = { accept: 'application/json, text/event-stream' }

/** Starts a gateway with the MCP face in front of one upstream. */
export function mcpOf(url: string, document: object = {}) {
  return gatewayOf({ a: url }, { faces: { mcp: true }, ...document })
}

export interface McpOptions {
  readonly revision?: string
  readonly headers?: Record<string, string>
  /** Capabilities of a client of 2026-07-28. */
  readonly capabilities?: Dict
  readonly progressToken?: string
  readonly id?: string | number
}

/** Headers and body of one request. */
export function mcpRequest(method: string, params: Dict = {}, options: McpOptions = {}) {
  const { revision = MODERN, headers = {}, id = 1, progressToken } = options
  const isModern = revision === MODERN
  const meta: Dict = {
    ...(progressToken !== undefined && { progressToken }),
    ...(isModern && {
      'io.modelcontextprotocol/protocolVersion': revision,
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': options.capabilities ?? {},
    }),
  }
  const named = {
    'mcp-method': method,
    ...(params['name'] ? { 'mcp-name': `${params['name']}` } : {}),
  }
  return {
    headers: {
      ...ACCEPT,
      'mcp-protocol-version': revision,
      ...(isModern && named),
      ...headers,
    } as Record<string, string>,
    body: { jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } },
  }
}

/** Posts one request. */
export function rpc(
  gateway: { readonly url: string },
  method: string,
  params: Dict = {},
  options: McpOptions = {},
): Promise<Answer> {
  const { headers, body } = mcpRequest(method, params, options)
  return postJson(`${gateway.url}/mcp`, body, headers)
}

/** Calls a tool. */
export function callTool(
  gateway: { readonly url: string },
  name: string,
  args: Dict = {},
  { more = {}, ...options }: McpOptions & { readonly more?: Dict } = {},
): Promise<Answer> {
  return rpc(gateway, 'tools/call', { name, arguments: args, ...more }, options)
}

/** The messages of an answer in either form. */
export async function messagesOf(answer: Answer): Promise<Dict[]> {
  const text = await answer.whole()
  if (!answer.headers['content-type']?.startsWith('text/event-stream')) return [JSON.parse(text)]
  return [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(String(data)) as Dict)
}

/** The last message of an answer: the response to the request. */
export async function responseOf(answer: Answer | Promise<Answer>): Promise<Dict> {
  return (await messagesOf(await answer)).at(-1) ?? {}
}

/** The result of an answer. */
export async function resultOf(answer: Answer | Promise<Answer>): Promise<Dict> {
  const { result, error } = await responseOf(answer)
  if (result === undefined) throw new Error(JSON.stringify(error))
  return result as Dict
}
