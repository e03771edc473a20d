/** Models that are down, busy, or answer with garbage. */
import type { ServerResponse } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { OpenAiLeader, Team } from '../../../src/index.ts'
import type { FakeUpstream } from '../../support/fake-upstream.ts'
import { answerJson, beginEvents, startFakeUpstream } from '../../support/fake-upstream.ts'
import { all } from '../client/support.ts'
import { agent } from './recordings.ts'
import { startScripted } from './scripted.ts'

// Records the pauses between attempts: their sum is the time that a model that is down costs.
vi.mock(import('node:timers/promises'), async (original) => {
  const actual = await original()
  return { ...actual, setTimeout: vi.fn(actual.setTimeout) as typeof actual.setTimeout }
})

function chunk(delta: object, finish_reason: string | null = null): string {
  const base = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
  const choices = [{ index: 0, delta, finish_reason }]
  return `data: ${JSON.stringify({ ...base, choices })}\n\n`
}

function call(name: string, args: string): string {
  const made = { index: 0, id: 'a', type: 'function', function: { name, arguments: args } }
  return `${chunk({ tool_calls: [made] })}${chunk({}, 'tool_calls')}data: [DONE]\n\n`
}

const TEXT = `${chunk({ role: 'assistant' })}${chunk({ content: 'hi' })}`

function events(text: string): Answer {
  return (response) => {
    beginEvents(response)
    response.end(text)
  }
}

type Answer = (response: ServerResponse, count: number) => void

async function start(answer: Answer, options: { retries?: number; timeoutMs?: number } = {}) {
  const { upstream, runs } = await startScripted()
  let count = 0
  const chat = await startFakeUpstream((_request, response) => answer(response, ++count))
  return { ...teamOf(upstream, chat.url, options), chat, runs, requests: () => count }
}

function teamOf(upstream: FakeUpstream, url: string, options: object = {}) {
  const model = new OpenAiLeader({ baseUrl: `${url}/v1`, model: 'm', ...options })
  const members = [agent(upstream, 'echo')]
  return { team: new Team({ id: 't', name: 'T', model, members, maxTurns: 2 }) }
}

const INVALID = 'The model m sent an invalid or incomplete answer'

test.each<[string, Answer]>([
  ['no JSON', events('data: garbage\n\n')],
  ['another JSON', (response) => answerJson(response, { hello: 1 })],
  ['HTML', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')],
  ['nothing', events('')],
  ['only an end', events('data: [DONE]\n\n')],
  ['no end', events(TEXT)],
  ['an array', events('data: [1, 2]\n\n')],
])('a model that sends %s fails the team', async (_what, answer) => {
  const { team, requests } = await start(answer)
  expect(await team.run('hello')).toMatchObject({ status: 'ERROR', content: INVALID })
  expect(requests()).toBe(1)
})

test('a model that breaks its answer off fails the team and keeps the text', async () => {
  const { team } = await start((response) => {
    beginEvents(response)
    response.write(TEXT, () => response.destroy())
  })
  const seen = await all(team.run('hello', { stream: true }))
  expect(seen.map(({ event }) => event)).toContain('TeamRunContent')
  expect(seen.at(-1)).toMatchObject({ event: 'TeamRunError', content: INVALID })
})

test('an error inside the stream fails the team without its text', async () => {
  const error = { message: 'overloaded at 10.0.0.1', code: 500 }
  const { team } = await start(events(`${TEXT}data: ${JSON.stringify({ error })}\n\n`))
  const { status, content } = await team.run('hello')
  expect(status).toBe('ERROR')
  expect(content).toBe('The model m answered 500')
})

const NO_OBJECT = 'the arguments are no JSON object'

test.each([
  [
    'arguments that are no JSON',
    call('delegate_task_to_member', '{"member_id": "echo", '),
    NO_OBJECT,
  ],
  ['no arguments', call('delegate_task_to_member', ''), 'task'],
  ['an array of arguments', call('delegate_task_to_member', '[]'), NO_OBJECT],
  [
    'an unknown member',
    call('delegate_task_to_member', '{"member_id": "eve", "task": "x"}'),
    'there is no member "eve"; the members are echo',
  ],
  ['an unknown tool', call('rm', '{}'), 'there is no tool rm'],
  ['a tool of another mode', call('delegate_task_to_members', '{"task": "x"}'), 'no tool'],
  ['a name of the prototype', call('constructor', '{}'), 'there is no tool constructor'],
])('the leader reads the error of a call with %s', async (_what, answer, error) => {
  const { team, runs } = await start((response, count) =>
    events(count === 1 ? answer : `${TEXT}${chunk({}, 'stop')}data: [DONE]\n\n`)(response, count),
  )
  const output = await team.run('hello')
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'hi' })
  expect(output['tools']).toMatchObject([{ tool_call_error: true }])
  expect(JSON.stringify(output['tools'])).toContain(JSON.stringify(error).slice(1, -1))
  expect(runs).toHaveLength(0)
})

test('arguments that are no JSON are empty in events and requests', async () => {
  const { team, chat } = await start((response, count) =>
    events(
      count === 1
        ? call('delegate_task_to_member', '{"member_id": "echo", ')
        : `${TEXT}${chunk({}, 'stop')}data: [DONE]\n\n`,
    )(response, count),
  )
  const seen = await all(team.run('hello', { stream: true }))
  const ended = seen.find(({ event }) => event === 'TeamToolCallCompleted')
  expect(ended).toMatchObject({ tool: { tool_args: {} } })
  expect(ended?.['content']).toMatch(/^delegate_task_to_member\(\) completed/)
  const { messages } = JSON.parse(String(chat.requests[1]?.body))
  expect(messages.at(-2)).toMatchObject({ tool_calls: [{ function: { arguments: '{}' } }] })
})

test('an answer of more than a million characters fails the team', async () => {
  const { team } = await start((response) => {
    beginEvents(response)
    const part = chunk({ content: 'x'.repeat(100_000) })
    response.end(`${part.repeat(11)}${chunk({}, 'stop')}data: [DONE]\n\n`)
  })
  const { status, content } = await team.run('hello')
  expect(status).toBe('ERROR')
  expect(String(content)).toContain('more than 1000000 characters')
})

test('a model that never answers fails the team after its timeout', async () => {
  const { team } = await start(() => undefined, { timeoutMs: 50 })
  const { content } = await team.run('hello')
  expect(content).toBe('The model m did not answer within 0.05 s')
})

test.each([
  [429, '60', 1],
  [429, '0', 2],
  [503, undefined, 2],
  [401, undefined, 1],
])('status %i with retry-after %s takes %i requests', async (status, after, expected) => {
  const { team, requests } = await start((response) => {
    const headers = { 'content-type': 'application/json', ...(after && { 'retry-after': after }) }
    response.writeHead(status, headers).end('{"error": {"message": "key sk-1"}}')
  })
  const output = await team.run('hello')
  expect(output).toMatchObject({ status: 'ERROR', content: `The model m answered ${status}` })
  expect(requests()).toBe(expected)
})

test('a request to a busy model is repeated after retry-after', async () => {
  const done = `${TEXT}${chunk({}, 'stop')}data: [DONE]\n\n`
  const { team } = await start((response, count) => {
    if (count === 2) events(done)(response, count)
    else response.writeHead(429, { 'retry-after': '0' }).end()
  })
  expect(await team.run('hello')).toMatchObject({ status: 'COMPLETED', content: 'hi' })
})

test('a model that is down costs one retry after a quarter of a second', async () => {
  vi.mocked(setTimeout).mockClear()
  const { team, chat } = await start(() => undefined)
  await chat.close()
  const output = await team.run('hello')
  expect(output).toMatchObject({ status: 'ERROR', content: 'The model m is unreachable' })
  expect(vi.mocked(setTimeout).mock.calls.map(([ms]) => ms)).toEqual([250])
})
