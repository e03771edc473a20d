/** Teams in mode `tasks`: a list of tasks, its tools, and what a leader can do wrong with them. */
import { expect, test } from 'vitest'
import type { Leader, LeaderTurn, TeamOptions } from '../../../src/index.ts'
import { OpenAiLeader, Team } from '../../../src/index.ts'
import { startChatServer } from '../../support/chat-server.ts'
import { all } from '../client/support.ts'
import { startPausing } from './pausing.ts'
import type { Dict, Event } from './recordings.ts'
import { agent } from './recordings.ts'
import { startScripted } from './scripted.ts'

const usage = {
  input_tokens: 1,
  output_tokens: 1,
  total_tokens: 2,
  reasoning_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
}

type Call = readonly [name: string, args: Dict]

/** A leader that makes given calls turn by turn; `$1` is the id of the first created task. */
function scriptedLeader(turns: readonly (readonly Call[])[]): Leader & { readonly read: string[] } {
  const read: string[] = []
  let count = 0
  const fill = (args: Dict): Dict => {
    const created = read.flatMap((text) => /Task created: \[(.+?)\]/.exec(text)?.[1] ?? [])
    return JSON.parse(
      JSON.stringify(args).replace(/\$(\d)/g, (_, n: string) => created[Number(n) - 1] ?? ''),
    )
  }
  return {
    id: 'scripted',
    provider: 'test',
    read,
    turn: async ({ messages, onText }): Promise<LeaderTurn> => {
      const last = messages.findLastIndex(({ role }) => role !== 'tool') + 1
      read.push(...messages.slice(last).flatMap((one) => (one.role === 'tool' ? [one.result] : [])))
      const calls = (turns[count++] ?? []).map(([name, args], i) => {
        return { id: `c${i}`, name, args: fill(args) }
      })
      const text = calls.length > 0 ? '' : 'answer'
      if (text !== '') await onText(text)
      return { text, calls, usage, timeToFirstToken: undefined }
    },
  }
}

async function start(turns: readonly (readonly Call[])[], options: Partial<TeamOptions> = {}) {
  const scripted = await startScripted()
  const model = scriptedLeader(turns)
  const members = ['echo', 'fail'].map((id) => agent(scripted.upstream, id))
  const team = new Team({ id: 't', model, mode: 'tasks', members, maxIterations: 2, ...options })
  return { ...scripted, team, model }
}

const task = (title: string, more: Dict = {}): Call => ['create_task', { title, ...more }]

test('tasks are created, executed at once, and end the team', async () => {
  const { upstream, runs } = await startScripted()
  const chat = await startChatServer()
  const model = new OpenAiLeader({ baseUrl: `${chat.url}/v1`, model: 'fake' })
  const members = ['echo-a', 'echo-b'].map((id) => agent(upstream, id))
  const team = new Team({ id: 't', model, mode: 'tasks', members })
  const events = (await all(team.run('hello', { stream: true }))) as Event[]
  const own = events.map(({ event }) => event).filter((name) => name.startsWith('TeamTask'))
  expect(own).toEqual([
    'TeamTaskIterationStarted',
    'TeamTaskCreated',
    'TeamTaskCreated',
    'TeamTaskUpdated',
    'TeamTaskUpdated',
    'TeamTaskUpdated',
    'TeamTaskUpdated',
    'TeamTaskStateUpdated',
    'TeamTaskIterationCompleted',
  ])
  expect(runs.map(({ agent: id }) => id).sort()).toEqual(['echo-a', 'echo-b'])
  expect(events.at(-1)).toMatchObject({ event: 'TeamRunCompleted', content: 'You said: hello ' })
})

test('a request that needs no task is answered after one reminder', async () => {
  const { team } = await start([])
  const output = await team.run('hello')
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'answer', tools: [] })
})

test('a task waits for its dependencies and fails with them', async () => {
  const { team, model } = await start([
    [task('one', { assignee: 'fail' })],
    [task('two', { assignee: 'echo', depends_on: ['$1'] })],
    [['execute_task', { task_id: '$2', member_id: 'echo' }]],
    [['execute_task', { task_id: '$1', member_id: 'fail' }]],
    [['list_tasks', {}]],
  ])
  await team.run('hello')
  expect(model.read[2]).toMatch(/is blocked and cannot be executed/)
  expect(model.read[3]).toMatch(/failed: Error: fail failed: no/)
  expect(model.read[4]).toContain('Tasks (2 total: 2 failed)')
  expect(model.read[4]).toContain('Automatically failed: a dependency failed.')
})

test('tasks take notes and results of the leader and are not created twice', async () => {
  const { team, model } = await start([
    [task('one'), task(' ONE ')],
    [['add_task_note', { task_id: '$1', note: 'soon' }]],
    [['update_task_status', { task_id: '$1', status: 'completed', result: 'x'.repeat(300) }]],
    [['list_tasks', {}]],
  ])
  const output = await team.run('hello')
  expect(output.status).toBe('COMPLETED')
  expect(model.read[1]).toContain('Task already exists')
  expect(model.read[4]).toContain('Note: soon')
  expect(model.read[4]).toContain(`${'x'.repeat(200)}...`)
  expect(model.read[4]).toContain('(unassigned)')
})

test.each([
  ['create_task', {}, 'title has to be a text'],
  ['create_task', { title: 'a', assignee: 'nobody' }, 'there is no member "nobody"'],
  ['execute_task', { task_id: 'x', member_id: 'echo' }, "Task with ID 'x' not found."],
  ['execute_tasks_parallel', { task_ids: 'x' }, 'No valid tasks to execute.'],
  ['update_task_status', { task_id: 'x', status: 'done' }, "Invalid status 'done'."],
  ['update_task_status', { task_id: 'x', status: 'failed' }, "Task with ID 'x' not found."],
  ['add_task_note', { task_id: 'x', note: 'n' }, "Task with ID 'x' not found."],
  ['delegate_task_to_member', { member_id: 'echo', task: 'x' }, 'there is no tool'],
] as const)('a leader that calls %s with %j reads what is wrong', async (name, args, words) => {
  const { team, model, runs } = await start([[[name, args]]])
  await team.run('hello')
  expect(model.read[0]).toContain(words)
  expect(runs).toHaveLength(0)
})

test('a list that never ends stops after its iterations', async () => {
  const turns = Array.from({ length: 50 }, (_, i) => [task(`task ${i}`)])
  const { team, model } = await start(turns, { maxTurns: 3, maxIterations: 2 })
  expect((await team.run('hello')).status).toBe('COMPLETED')
  expect(model.read).toHaveLength(4)
})

test('a task whose member pauses is executed once, after the answer', async () => {
  const { upstream, runs, continued } = await startPausing()
  const chat = await startChatServer()
  const model = new OpenAiLeader({ baseUrl: `${chat.url}/v1`, model: 'fake' })
  const members = ['confirm', 'echo'].map((id) => agent(upstream, id))
  const team = new Team({ id: 't', model, mode: 'tasks', members })
  const paused = await team.run('hello')
  expect(paused.status).toBe('PAUSED')
  const requirements = (paused['requirements'] as Dict[]).map((one) => {
    return { ...one, confirmation: true }
  })
  const output = await team.continueRun(paused, requirements)
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'You said: hello ' })
  expect(runs.map(({ agent: id }) => id)).toEqual(['confirm', 'echo'])
  expect(continued).toHaveLength(1)
})

test('the next run of the session reads the tasks of the first', async () => {
  const { team, model } = await start([[['list_tasks', {}]]])
  const kept = { tasks: [{ id: 'k', title: 'kept', status: 'completed', notes: [] }] }
  await team.run('again', { sessionState: { _team_tasks: kept } })
  expect(model.read.at(-1)).toContain('[k] kept - COMPLETED')
})
