/** A server of chat completions that leads teams by a script: delegates to the roster's members, then repeats. */
import type { ServerResponse } from 'node:http'
import type { FakeUpstream } from './fake-upstream.ts'
import { answerJson, startFakeUpstream } from './fake-upstream.ts'

interface Message {
  readonly role: string
  readonly content?: string | null
}

interface Request {
  readonly model: string
  readonly messages: readonly Message[]
  readonly tools?: readonly { readonly function: { readonly name: string } }[]
}

type Call = readonly [name: string, args: unknown]

/**
 * The input decides: `alone` delegates nothing, `both` goes to the first two members at once, `garbage` calls a tool
 * with arguments that are none, `loop` delegates in every turn, `slow` never ends its answer, anything else goes to the
 * first member. Without calls the model says `You said: …`.
 */
export function startChatServer(): Promise<FakeUpstream> {
  return startFakeUpstream((request, response) => {
    const body = JSON.parse(request.body.toString()) as Request
    if (body.model === 'broken') return answerJson(response, { error: { message: 'no' } }, 500)
    const input = body.messages.findLast(({ role }) => role === 'user')?.content ?? ''
    stream(response, `You said: ${input}`, plan(body, input), body.model, input.includes('slow'))
  })
}

function plan({ messages, tools = [] }: Request, input: string): Call[] {
  const names = tools.map((tool) => tool.function.name)
  const isAnswered = messages.at(-1)?.role === 'tool'
  if (isAnswered && !input.includes('loop')) return []
  if (input.includes('alone') || names.length === 0) return []
  if (names.includes('delegate_task_to_members')) {
    return [['delegate_task_to_members', { task: input }]]
  }
  if (input.includes('garbage')) return [['delegate_task_to_member', { member_id: 7 }]]
  const roster = messages.map(({ content }) => content ?? '').join('\n')
  const ids = [...roster.matchAll(/<member id="([^"]+)"/g)].map(([, id]) => id)
  const task = input.replace('both', '').trim()
  const chosen = ids.slice(0, input.includes('both') ? 2 : 1)
  return chosen.map((member_id) => ['delegate_task_to_member', { member_id, task }])
}

function stream(
  response: ServerResponse,
  said: string,
  calls: readonly Call[],
  model: string,
  isSlow: boolean,
): void {
  const base = { id: 'cmpl-1', object: 'chat.completion.chunk', created: 1, model }
  const write = (delta: object, finish_reason: string | null = null, more: object = {}) =>
    response.write(
      `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`,
    )
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  write({ role: 'assistant' })
  const tool_calls = calls.map(([name, args], index) => {
    const made = { name, arguments: JSON.stringify(args) }
    return { index, id: `call_${index}`, type: 'function', function: made }
  })
  const words = said.split(' ')
  if (calls.length > 0) write({ tool_calls })
  else for (const word of words) write({ content: `${word} ` })
  if (isSlow && calls.length === 0) return
  write({}, calls.length > 0 ? 'tool_calls' : 'stop')
  const usage = {
    prompt_tokens: 10,
    completion_tokens: words.length,
    total_tokens: 10 + words.length,
  }
  response.write(`data: ${JSON.stringify({ ...base, choices: [], usage })}\n\n`)
  response.end('data: [DONE]\n\n')
}
