/**
 * Runs a scripted chat completions server that leads teams: it delegates to members of the roster, then repeats their
 * answers.
 */
import type { ServerResponse } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import type { FakeUpstream } from './fake-upstream.ts'
import { answerJson, startFakeUpstream } from './fake-upstream.ts'

interface Message {
  readonly role: string
  readonly content?: string | null
}

interface Request {
  readonly model: string
  readonly stream?: boolean
  readonly messages: readonly Message[]
  readonly tools?: readonly { readonly function: { readonly name: string } }[]
}

type Call = readonly [name: string, args: unknown]

/**
 * The input selects the behaviour. `alone` delegates nothing, `both` delegates to the first two members at once,
 * `garbage` calls a tool with invalid arguments, `loop` delegates in every turn, `slow` never ends its answer, and
 * `trickle` adds a word to it from time to time, and `crawl` takes three seconds. Any other input goes to the first
 * member. Without calls the model answers `You said: …`.
 * In mode `tasks` it creates a task for the first two members, executes both at once, and says that all is done; `alone`
 * needs no task. A model with the tool `pay`, `send` or `look` calls it.
 */
export function startChatServer(): Promise<FakeUpstream> {
  return startFakeUpstream((request, response) => {
    const body = JSON.parse(request.body.toString()) as Request
    if (body.model === 'broken') return answerJson(response, { error: { message: 'no' } }, 500)
    const input = body.messages.findLast(({ role }) => role === 'user')?.content ?? ''
    const answer: Answer = {
      said: `You said: ${input}`,
      calls: plan(body, input),
      model: body.model,
      isSlow: input.includes('slow'),
    }
    if (body.stream) return stream(response, answer)
    else whole(response, answer)
  })
}

function plan({ messages, tools = [] }: Request, input: string): Call[] {
  const names = tools.map((tool) => tool.function.name)
  if (names.includes('create_task')) return planTasks(messages, input)
  const isAnswered = messages.at(-1)?.role === 'tool'
  if (isAnswered && !input.includes('loop')) return []
  if (input.includes('alone') || names.length === 0) return []
  if (names.includes('delegate_task_to_members')) {
    return [['delegate_task_to_members', { task: input }]]
  }
  if (input.includes('garbage')) return [['delegate_task_to_member', { member_id: 7 }]]
  const tool = Object.keys(OWN_TOOLS).find((name) => names.includes(name))
  if (tool !== undefined) return [[tool, OWN_TOOLS[tool]]]
  const ids = memberIds(messages)
  const task = input.replace('both', '').trim()
  const chosen = ids.slice(0, input.includes('both') ? 2 : 1)
  return chosen.map((member_id) => ['delegate_task_to_member', { member_id, task }])
}

/** Tools of agents with their arguments. */
const OWN_TOOLS: Readonly<Record<string, object>> = {
  pay: { amount: '5' },
  send: {},
  look: { place: 'here' },
}

function memberIds(messages: readonly Message[]): string[] {
  const roster = messages.map(({ content }) => content ?? '').join('\n')
  return [...roster.matchAll(/<member id="([^"]+)"/g)].map(([, id = '']) => id)
}

/** One step of mode `tasks`, by what the last tools have answered. */
function planTasks(messages: readonly Message[], input: string): Call[] {
  const last = messages.at(-1)
  if (input.includes('alone')) return []
  if (last?.role !== 'tool') {
    if (input.startsWith('<current_task_state>')) return []
    return memberIds(messages)
      .slice(0, 2)
      .map((assignee) => ['create_task', { title: `${assignee}: ${input}`, assignee }])
  }
  const said = messages.slice(messages.findLastIndex(({ role }) => role !== 'tool'))
  const text = said.map(({ content }) => content ?? '').join('\n')
  const created = [...text.matchAll(/Task created: \[([^\]]+)\]/g)].map(([, id]) => id)
  if (created.length > 0) return [['execute_tasks_parallel', { task_ids: created }]]
  return text.includes('Goal marked') ? [] : [['mark_all_complete', { summary: 'done' }]]
}

interface Answer {
  readonly said: string
  readonly calls: readonly Call[]
  readonly model: string
  readonly isSlow: boolean
}

function usageOf({ said }: Answer) {
  const tokens = said.trim().split(/\s+/).length
  return { prompt_tokens: 10, completion_tokens: tokens, total_tokens: 10 + tokens }
}

function toolCalls({ calls }: Answer) {
  return calls.map(([name, args], index) => {
    const made = { name, arguments: JSON.stringify(args) }
    return { index, id: `call_${index}`, type: 'function', function: made }
  })
}

function whole(response: ServerResponse, answer: Answer): void {
  const hasCalls = answer.calls.length > 0
  const message = {
    role: 'assistant',
    content: hasCalls ? null : answer.said,
    ...(hasCalls && { tool_calls: toolCalls(answer) }),
  }
  const choice = { index: 0, message, finish_reason: hasCalls ? 'tool_calls' : 'stop' }
  const base = { id: 'cmpl-1', object: 'chat.completion', created: 1, model: answer.model }
  answerJson(response, { ...base, choices: [choice], usage: usageOf(answer) })
}

async function stream(response: ServerResponse, answer: Answer): Promise<void> {
  const { said, calls, model, isSlow } = answer
  const base = { id: 'cmpl-1', object: 'chat.completion.chunk', created: 1, model }
  const write = (delta: object, finish_reason: string | null = null) =>
    response.write(
      `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, finish_reason }] })}\n\n`,
    )
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  write({ role: 'assistant' })
  if (calls.length > 0) write({ tool_calls: toolCalls(answer) })
  else for (const word of said.split(' ')) write({ content: `${word} ` })
  if (said.includes('trickle') && calls.length === 0) {
    const timer = setInterval(() => write({ content: 'and ' }), 200)
    response.once('close', () => clearInterval(timer))
    return
  }
  if (said.includes('crawl') && calls.length === 0) {
    for (let i = 0; i < 30; i++) {
      await setTimeout(100)
      write({ content: 'and ' })
    }
  }
  if (isSlow && calls.length === 0) return
  write({}, calls.length > 0 ? 'tool_calls' : 'stop')
  const last = { ...base, choices: [], usage: usageOf(answer) }
  response.write(`data: ${JSON.stringify(last)}\n\n`)
  response.end('data: [DONE]\n\n')
}
