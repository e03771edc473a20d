import { expect, test } from 'vitest'
import { TaskEvents } from '../../../src/a2a/task-events.ts'
import type { Result } from '../../../src/a2a/wire.ts'
import { eventsOf, outline, parseEvents, targetOf } from './support.ts'

const IDS = { taskId: 't', contextId: 'c' }

const text = (words: string) => ({ kind: 'text', text: words })
const said = (words: string) => ({ kind: 'message', role: 'agent', parts: [text(words)] })
const status = (state: string, extra: object = {}, message?: object) => ({
  kind: 'status-update',
  ...IDS,
  status: { state, message },
  ...extra,
})
const task = (state: string, extra: object = {}) => ({
  kind: 'task',
  id: 't',
  contextId: 'c',
  status: { state },
  ...extra,
})
const artifact = (words: string, extra: object = {}) => ({
  kind: 'artifact-update',
  ...IDS,
  artifact: { artifactId: 'a', parts: [text(words)] },
  ...extra,
})

test('a single message as the whole answer becomes a run', () => {
  const events = eventsOf([{ ...said('hi'), messageId: 'm' }])
  expect(outline(events)).toEqual(['RunStarted', 'RunContent: hi', 'RunCompleted: hi'])
  expect(events[0]).toHaveProperty('run_id', 'm')
})

test('a task that arrives complete becomes a complete run', () => {
  const whole = task('completed', { artifacts: [{ artifactId: 'a', parts: [text('all')] }] })
  expect(outline(eventsOf([whole]))).toEqual(['RunStarted', 'RunContent: all', 'RunCompleted: all'])
})

test("the artifact's text replaces status texts as the final content", () => {
  const events = eventsOf([
    status('working', {}, said('thinking')),
    artifact('42'),
    status('completed'),
  ])
  expect(outline(events)).toEqual([
    'RunStarted',
    'RunContent: thinking',
    'RunContent: 42',
    'RunCompleted: 42',
  ])
})

test("a cancelled task ends with RunCancelled and AgentOS's reason", () => {
  const metadata = { agno_event_type: 'run_cancelled', reason: 'enough' }
  const events = eventsOf([status('working'), status('canceled', { final: true, metadata })])
  expect(events.at(-1)).toMatchObject({ event: 'RunCancelled', reason: 'enough' })
})

test.each(['failed', 'rejected'])('a task in state %s ends with RunError', (state) => {
  expect(eventsOf([status(state, {}, said('no'))]).at(-1)).toMatchObject({
    event: 'RunError',
    content: 'no',
  })
  expect(eventsOf([status(state)]).at(-1)).toMatchObject({ content: `Task ${state}` })
})

test('the failure reason is found in an Agno task with other ids', () => {
  const failed = task('failed', { id: 'other', history: [said('Error: no model')] })
  const events = eventsOf([status('working'), status('failed', { taskId: 'other' }), failed])
  expect(events.at(-1)).toMatchObject({
    event: 'RunError',
    content: 'Error: no model',
    run_id: 't',
  })
})

test('a task in state auth-required ends with RunPaused', () => {
  expect(eventsOf([status('auth-required', {}, said('log in'))]).at(-1)).toMatchObject({
    event: 'RunPaused',
    content: 'log in',
  })
})

test('a task that continued after waiting ends with RunCompleted', () => {
  const events = eventsOf([
    status('input-required', {}, said('?')),
    status('working'),
    artifact('ok'),
  ])
  expect(events.at(-1)).toMatchObject({ event: 'RunCompleted', content: 'ok' })
})

test('an Agno message marked as reasoning becomes a ReasoningStep event', () => {
  const thought = { ...said('hm'), ...IDS, metadata: { agno_content_category: 'reasoning' } }
  expect(eventsOf([status('working'), thought, status('completed')])[1]).toMatchObject({
    event: 'ReasoningStep',
    reasoning_content: 'hm',
  })
})

test.each([
  ['reasoning_started', 'ReasoningStarted', 'TeamReasoningStarted'],
  ['memory_update_completed', 'MemoryUpdateCompleted', 'TeamMemoryUpdateCompleted'],
  ['workflow_step_error', 'StepError', 'StepError'],
  ['loop_iteration_started', 'LoopIterationStarted', 'LoopIterationStarted'],
  ['router_execution_completed', 'RouterExecutionCompleted', 'RouterExecutionCompleted'],
])('the Agno event type %s becomes %s, and %s in a team', (type, name, teamName) => {
  const update = status('working', { metadata: { agno_event_type: type, iteration: 2 } })
  expect(eventsOf([update, status('completed')])[1]).toMatchObject({ event: name, iteration: 2 })
  expect(eventsOf([update], targetOf('teams'))[1]).toMatchObject({ event: teamName })
})

test('ADK function calls and responses become ToolCall events', () => {
  const part = (type: string, data: object) => ({
    kind: 'data',
    data,
    metadata: { adk_type: type },
  })
  const call = { parts: [part('function_call', { id: '1', name: 'add', args: { a: 1 } })] }
  const response = {
    parts: [part('function_response', { id: '1', name: 'add', response: { r: 2 } })],
  }
  const events = eventsOf([status('working', {}, call), status('working', {}, response)])
  expect(events.slice(1)).toMatchObject([
    { event: 'ToolCallStarted', tool: { tool_call_id: '1', tool_args: { a: 1 } } },
    { event: 'ToolCallCompleted', tool: { tool_call_id: '1', result: '{"r":2}' } },
  ])
})

test('a stream that ends early needs an artifact to be complete', () => {
  expect(outline(eventsOf([status('working'), artifact('ok')])).at(-1)).toBe('RunCompleted: ok')
  const events = new TaskEvents(targetOf(), {})
  events.push(status('working') as Result)
  expect(events.end()).toBeUndefined()
})

test('results without a known kind or content are skipped', () => {
  expect(eventsOf([{ kind: 'new-in-1.0' }, status('completed')]).length).toBe(2)
  expect(
    eventsOf([
      { kind: 'artifact-update', ...IDS },
      { ...status('completed'), status: null },
    ]),
  ).toHaveLength(1)
})

test("a task's events are settled once its final state has arrived", () => {
  const events = new TaskEvents(targetOf(), {})
  events.push(status('working') as Result)
  expect(events.isSettled).toBe(false)
  events.push(status('completed') as Result)
  expect(events.isSettled).toBe(true)
  expect(parseEvents(events.fail('x'))[0]).toMatchObject({ event: 'RunError' })
})
