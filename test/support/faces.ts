/** Starts a gateway with its faces enabled, and sends requests in the form of their clients. */
import { startAgentOs } from './agentos.ts'
import type { Answer } from './client.ts'
import { send } from './client.ts'
import { eventText } from './fake-upstream.ts'
import { gatewayOf } from './gateway.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** Starts a gateway with its faces in front of one upstream. */
export function facesOf(url: string, document: object = {}) {
  return gatewayOf({ a: url }, { faces: { openai: true, a2a: true, agui: true }, ...document })
}

/** Posts JSON. */
export function postJson(
  url: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = JSON.stringify(body)
  return send(url, { method: 'POST', body: text, headers: { ...JSON_TYPE, ...headers } })
}

/** Asks for a chat completion. */
export function chat(
  gateway: { readonly url: string },
  body: object = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const messages = [{ role: 'user', content: 'hello' }]
  const asked = { model: 'agent/echo', messages, ...body }
  return postJson(`${gateway.url}/v1/chat/completions`, asked, headers)
}

/** Calls a method of A2A on the agent `echo`. */
export function rpc(
  gateway: { readonly url: string },
  method: string,
  params: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const body = { jsonrpc: '2.0', id: 1, method, params }
  return postJson(`${gateway.url}/a2a/agents/echo/`, body, headers)
}

/** Parameters of an A2A 1.0 message. */
export function saying(text: string, ids: object = {}, configuration: object = {}) {
  const message = { messageId: 'm-1', role: 'ROLE_USER', parts: [{ text }], ...ids }
  return { message, configuration }
}

/** One event of the run `r-1` of the agent `echo`. */
export function runEvent(event: string, members: object = {}): string {
  return eventText({ event, run_id: 'r-1', session_id: 's-1', agent_id: 'echo', ...members })
}

/** A whole run that says `hi`. */
export const HI =
  runEvent('RunStarted') +
  runEvent('RunContent', { content: 'hi' }) +
  runEvent('RunCompleted', { content: 'hi', metrics: { input_tokens: 1, output_tokens: 2 } })

/** Starts an AgentOS with the agent `echo`, and `/v1/responses` in front of it. */
export async function startResponses() {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const url = `${gateway.url}/v1/responses`
  return {
    upstream,
    create: (body: object = {}, headers = {}) =>
      postJson(url, { model: 'agent/echo', input: 'hello', ...body }, headers),
    read: (id: string, rest = '') => send(`${url}/${id}${rest}`),
    cancel: (id: string) => postJson(`${url}/${id}/cancel`, {}),
  }
}
