/** Leaders and members of teams that fail, hang or are cancelled, and limits. */
import { expect, test } from 'vitest'
import type { TeamOptions } from '../../../src/index.ts'
import { OpenAiLeader, step, Team, Workflow } from '../../../src/index.ts'
import { startChatServer } from '../../support/chat-server.ts'
import { all } from '../client/support.ts'
import type { Dict, Event } from './recordings.ts'
import { agent } from './recordings.ts'
import { startScripted } from './scripted.ts'

const names = (events: readonly Event[]) => events.map(({ event }) => event)

async function start(ids: readonly string[], options: Partial<TeamOptions> = {}) {
  const scripted = await startScripted()
  const chat = await startChatServer()
  const model = new OpenAiLeader({ baseUrl: `${chat.url}/v1`, model: 'fake' })
  const members = ids.map((id) => agent(scripted.upstream, id))
  const team = new Team({ id: 't', name: 'T', model, members, ...options })
  const asked = () => chat.requests.map(({ body }) => JSON.parse(body.toString()) as Dict)
  return { ...scripted, chat, team, asked }
}

test('the leader reads the failure of a member and answers', async () => {
  const { team, asked } = await start(['refuse'])
  const events = (await all(team.run('hello', { stream: true }))) as Event[]
  expect(names(events).filter((name) => name.startsWith('TeamToolCall'))).toEqual([
    'TeamToolCallStarted',
    'TeamToolCallCompleted',
    'TeamToolCallError',
  ])
  expect(names(events).at(-1)).toBe('TeamRunCompleted')
  const [, second] = asked()
  const messages = second?.['messages'] as Dict[]
  expect(messages.at(-1)).toMatchObject({
    role: 'tool',
    content: 'Error: refuse failed: out of order',
  })
})

test('an unreachable model fails the team without revealing its address', async () => {
  const { team, chat } = await start(['echo'])
  await chat.close()
  const output = await team.run('hello')
  expect(output).toMatchObject({ status: 'ERROR', content: 'The model fake is unreachable' })
})

test('the leader reads the error of an invalid tool call', async () => {
  const { team, runs } = await start(['echo'])
  const output = await team.run('garbage')
  expect(output.status).toBe('COMPLETED')
  expect(output['tools']).toMatchObject([
    { tool_call_error: true, result: 'Error: task must be a text' },
  ])
  expect(runs).toHaveLength(0)
})

test('the leader gets no tools in its last turn', async () => {
  const { team, runs, asked } = await start(['echo'], { maxTurns: 3 })
  const output = await team.run('loop')
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'You said: loop ' })
  expect(runs).toHaveLength(2)
  expect(asked().map((request) => request['tools'] === undefined)).toEqual([false, false, true])
})

test('a cancelled team cancels its member and does not complete', async () => {
  const { team, cancelled, runs } = await start(['hang'])
  const events: Event[] = []
  for await (const event of team.run('hello', { stream: true, runId: 'r' })) {
    events.push(event as Event)
    if (event.event === 'RunContent') expect(await team.cancelRun('r')).toBe(true)
  }
  expect(names(events).slice(-2)).toEqual(['RunCancelled', 'TeamRunCancelled'])
  await expect.poll(() => cancelled).toEqual([runs[0]?.['run_id']])
})

test('a cancel stops the leader during its answer', async () => {
  const { team, chat } = await start(['echo'])
  const events: Event[] = []
  for await (const event of team.run('alone slow', { stream: true, runId: 'r' })) {
    events.push(event as Event)
    if (event.event === 'TeamRunContent') await team.cancelRun('r')
  }
  expect(names(events).at(-1)).toBe('TeamRunCancelled')
  expect(await chat.requests[0]?.closed).toBe(false)
})

test('a team beyond its deadline fails and stores its partial answer', async () => {
  const { team, cancelled } = await start(['hang'], { deadlineMs: 600 })
  const output = await team.run('hello')
  expect(output).toMatchObject({
    status: 'ERROR',
    content: 'T did not end within its deadline of 0.6 s',
  })
  await expect.poll(() => cancelled).toHaveLength(1)
})

test('the tool schema lists the member ids as an enumeration', async () => {
  const { team, asked } = await start(['echo', 'echo-a'])
  await team.run('alone')
  expect(asked()[0]?.['tools']).toMatchObject([
    { function: { parameters: { properties: { member_id: { enum: ['echo', 'echo-a'] } } } } },
  ])
})

test('the options of a team add history and interactions', async () => {
  const options = { addHistoryToContext: true, numHistoryRuns: 1 }
  const { team, asked, runs } = await start(['echo', 'echo-a'], {
    ...options,
    shareMemberInteractions: true,
    maxParallel: 1,
  })
  const history = ['one', 'two'].map((input) => ({ input, content: `${input}!` }))
  await team.run('both hello', { history })
  const messages = asked()[0]?.['messages'] as Dict[]
  expect(messages.map(({ content }) => content).slice(1)).toEqual(['two', 'two!', 'both hello'])
  expect(runs[1]?.['message']).toContain('- Response: echo(hello)')
})

test('a workflow runs a team as a step', async () => {
  const { team } = await start(['echo'])
  const output = await new Workflow({ id: 'w', steps: [step('ask', team)] }).run('hello')
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'You said: hello ' })
})

test('a team without members or with duplicate ids is refused', async () => {
  const { team } = await start(['echo'])
  const { model, members } = team
  expect(() => new Team({ id: 't', model, members: [] })).toThrow('t has no members')
  const twice = [...members, ...members]
  expect(() => new Team({ id: 't', model, members: twice })).toThrow(
    "two members with the id 'echo'",
  )
})

test('the leader reads the beginning of a long answer, and its length', async () => {
  const { team, asked } = await start(['echo'])
  await team.run('x'.repeat(60_000))
  const [, second] = asked()
  const messages = (second?.['messages'] ?? []) as Dict[]
  const content = String(messages.at(-1)?.['content'])
  expect(content).toHaveLength(50_000 + '\n[cut: 10006 more characters]'.length)
  expect(content).toMatch(/^echo\(x+\n\[cut: 10006 more characters\]$/)
})
