/** Serves a scripted leader for composed teams: chat completions that delegate by the words of the members' roles. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sendJson } from './http.ts'

/** A listening model server. */
export interface Leader {
  /** Base URL for `models`. */
  url: string
  close(): Promise<void>
}

interface Message {
  role: string
  content?: string | null
}

interface Request {
  model?: string
  stream?: boolean
  messages?: Message[]
  tools?: unknown[]
}

interface Member {
  id: string
  role: string
}

/** Largest request in bytes. */
const MAX_BYTES = 4 * 1024 * 1024
const MEMBER = /<member id="([^"]+)"[^>]*>(?:\n {2}Role: (.*))?/g
const WORD = /\p{L}{4,}/gu

/** Serves `POST /v1/chat/completions` on a free port of 127.0.0.1. */
export async function serveLeader(): Promise<Leader> {
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await read(request)
  if (body === undefined) {
    sendJson(response, { status: 400, body: { error: { message: 'not a request' } } })
    return
  }
  const { messages = [], model = 'scripted', tools = [], stream } = body
  const results = resultsIn(messages)
  const calls = results.length === 0 && tools.length > 0 ? delegations(messages) : []
  const text = calls.length > 0 ? '' : results.join('\n\n') || 'I have no member for that.'
  const choice = { model, calls, text, usage: usageOf(messages, text) }
  if (stream) sendStream(response, choice)
  else sendWhole(response, choice)
}

async function read(request: IncomingMessage): Promise<Request | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Request
  } catch {
    return undefined
  }
}

/** Answers of members since the last question. */
function resultsIn(messages: Message[]): string[] {
  const question = messages.findLastIndex(({ role }) => role === 'user')
  const results = messages.slice(question + 1).filter(({ role }) => role === 'tool')
  return results.map(({ content }) => content ?? '')
}

/** Calls every member whose role has a word of the question; the first member when none has. */
function delegations(messages: Message[]) {
  const question = messages.findLast(({ role }) => role === 'user')?.content ?? ''
  const roster = messages.find(({ role }) => role === 'system')?.content ?? ''
  const members = [...roster.matchAll(MEMBER)].map(([, id = '', role = '']): Member => {
    return { id, role }
  })
  const asked = wordsIn(question)
  const fitting = members.filter(({ role }) => [...wordsIn(role)].some((word) => asked.has(word)))
  return (fitting.length > 0 ? fitting : members.slice(0, 1)).map(({ id }, index) => ({
    index,
    id: `call_${index}`,
    type: 'function',
    function: {
      name: 'delegate_task_to_member',
      arguments: JSON.stringify({ member_id: id, task: question }),
    },
  }))
}

/** Words of four letters or more, without a plural s. */
function wordsIn(text: string): Set<string> {
  const words = text.toLowerCase().match(WORD) ?? []
  return new Set(words.map((word) => word.replace(/s$/, '')))
}

interface Choice {
  model: string
  calls: ReturnType<typeof delegations>
  text: string
  usage: object
}

function usageOf(messages: Message[], text: string) {
  const count = (all: string) => all.split(/\s+/).filter(Boolean).length
  const prompt_tokens = messages.reduce((sum, { content }) => sum + count(content ?? ''), 0)
  const completion_tokens = count(text)
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}

function sendWhole(response: ServerResponse, { model, calls, text, usage }: Choice): void {
  const message = {
    role: 'assistant',
    content: text || null,
    ...(calls.length > 0 && { tool_calls: calls }),
  }
  const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop'
  const choices = [{ index: 0, message, finish_reason }]
  const body = { id: 'demo', object: 'chat.completion', created: 0, model, choices, usage }
  sendJson(response, { status: 200, body })
}

function sendStream(response: ServerResponse, { model, calls, text, usage }: Choice): void {
  const base = { id: 'demo', object: 'chat.completion.chunk', created: 0, model }
  const write = (choices: object[], more: object = {}) =>
    response.write(`data: ${JSON.stringify({ ...base, choices, ...more })}\n\n`)
  const piece = (delta: object, finish_reason: string | null = null) =>
    write([{ index: 0, delta, finish_reason }])
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  piece({ role: 'assistant' })
  if (calls.length > 0) piece({ tool_calls: calls })
  else for (const word of text.match(/\S+\s*/g) ?? []) piece({ content: word })
  piece({}, calls.length > 0 ? 'tool_calls' : 'stop')
  write([], { usage })
  response.end('data: [DONE]\n\n')
}
