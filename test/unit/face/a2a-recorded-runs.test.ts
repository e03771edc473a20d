import { describe, expect, test } from 'vitest'
import { AgentOsStream } from '../../../src/face/a2a/agentos-stream.ts'
import { taskFrame, taskOfRun } from '../../../src/face/a2a/task.ts'
import { TaskStream } from '../../../src/face/a2a/task-stream.ts'
import type { Wire } from '../../../src/face/a2a/wire.ts'
import { collectRun } from '../../../src/face/collect-run.ts'
import { endOf, eventsOf, framesOf, RECORDED } from '../../support/recorded-runs.ts'

const OLD: Wire = { version: '0.3', binding: 'jsonrpc', id: 7, isAgentOs: false }
const NEW: Wire = { ...OLD, version: '1.0' }
const REST: Wire = { ...NEW, binding: 'rest', id: null }
const AGENTOS: Wire = { ...OLD, isAgentOs: true }

const STATES = { paused: 'input-required', completed: 'completed', cancelled: 'canceled' }

type Parts = readonly { readonly text?: string }[]
const textOf = (parts: Parts) => parts.map(({ text = '' }) => text).join('')

/** Ids in the recording are not the ones that a gateway asks for. */
function frameOf(name: string) {
  const started = eventsOf(name).find(({ type }) => type === 'started')
  const ids = started?.type === 'started' ? started : { runId: 'r', sessionId: 's' }
  return taskFrame({ runId: ids.runId, sessionId: ids.sessionId })
}

describe.each(RECORDED)('%s', (name) => {
  const state = STATES[endOf(name)]

  test('the stream of 0.3 begins with the task and ends with its last state', () => {
    const frames = framesOf(name, new TaskStream(OLD, frameOf(name))).map((data) =>
      JSON.parse(data),
    )
    const results = frames.map(({ jsonrpc, id, result }) => {
      expect([jsonrpc, id]).toEqual(['2.0', 7])
      return result
    })
    expect(results[0].kind).toBe('task')
    expect(results.slice(1).every(({ kind }) => kind.endsWith('-update'))).toBe(true)
    expect(results.filter(({ final }) => final)).toEqual([results.at(-1)])
    expect(results.at(-1).status.state).toBe(state)
  })

  test('artifact updates hold the text of the last event', () => {
    const frames = framesOf(name, new TaskStream(REST, frameOf(name))).map((data) =>
      JSON.parse(data),
    )
    const updates = frames.flatMap(({ artifactUpdate }) => artifactUpdate ?? [])
    const text = updates.map(({ artifact }) => textOf(artifact.parts)).join('')
    const last = eventsOf(name).at(-1)
    if (last?.type === 'completed') expect(text.trim()).toBe(last.result.text.trim())
    const appended = updates.map(({ append }) => append)
    expect(appended).toEqual(appended.map((_, index) => index > 0))
    if (updates.length > 0) expect(updates.at(-1).lastChunk).toBe(true)
  })

  test('the stream of 1.0 has one member in each result and no kind', () => {
    const frames = framesOf(name, new TaskStream(NEW, frameOf(name))).map((data) =>
      JSON.parse(data),
    )
    for (const { result } of frames) expect(Object.keys(result)).toHaveLength(1)
    expect(frames.at(-1).result.statusUpdate.status.state).toBe(
      `TASK_STATE_${state.toUpperCase().replace('-', '_')}`,
    )
    expect(JSON.stringify(frames)).not.toMatch(/"kind":"(?:task|message|text|status-update)"/)
  })

  test("the stream of AgentOS's own dialect ends with the whole task", () => {
    const frames = framesOf(name, new AgentOsStream(AGENTOS, frameOf(name)))
    const results = frames.map((data) => JSON.parse(data).result)
    expect(results[0]).toMatchObject({ kind: 'status-update', status: { state: 'working' } })
    expect(results.at(-2)).toMatchObject({ final: true, status: { state } })
    const task = results.at(-1)
    expect(task).toMatchObject({ kind: 'task', status: { state } })
    const last = eventsOf(name).at(-1)
    if (last?.type !== 'completed') return
    expect(textOf(task.history[0].parts).trim()).toBe(last.result.text.trim())
  })

  test('a task in one piece has the state and text of the stream', async () => {
    const task = taskOfRun(OLD, frameOf(name), await collectRun(eventsOf(name)))
    expect(task.status.state).toBe(state)
    const last = eventsOf(name).at(-1)
    if (last?.type !== 'completed' || last.result.text === '') return
    const [answer] = task.artifacts ?? []
    expect(textOf(answer?.parts as Parts).trim()).toBe(last.result.text.trim())
  })
})

test('a stream that breaks ends as failed, with the code of the gateway', () => {
  const stream = new TaskStream(NEW, taskFrame({ runId: 'r', sessionId: 's' }))
  const text = stream.fail('gone', 'AGW_RELAY_INTERRUPTED')
  const last = JSON.parse(text.trim().split('\n\n').at(-1)?.slice('data: '.length) ?? '')
  expect(last.result.statusUpdate).toMatchObject({
    status: { state: 'TASK_STATE_FAILED', message: { parts: [{ text: 'gone' }] } },
    metadata: { code: 'AGW_RELAY_INTERRUPTED' },
  })
})

test("a stream of AgentOS's dialect that breaks ends as failed", () => {
  const stream = new AgentOsStream(AGENTOS, taskFrame({ runId: 'r', sessionId: 's' }))
  const text = stream.fail('gone', 'AGW_RELAY_INTERRUPTED')
  expect(text.match(/^event: (\w+)$/gm)).toEqual([
    'event: TaskStatusUpdateEvent',
    'event: TaskStatusUpdateEvent',
    'event: Task',
  ])
  expect(text).toContain('"state":"failed"')
})
