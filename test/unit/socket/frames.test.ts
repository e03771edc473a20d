import { expect, test } from 'vitest'
import { headOf, withWorkflowId } from '../../../src/socket/frames.ts'

const started =
  'event: WorkflowStarted\ndata: {"created_at": 1, "event": "WorkflowStarted", "workflow_id": "w", "workflow_name": "a \\"run_id\\": \\"x\\"", "run_id": "r", "nested_depth": 0}\n\n\n'

test('reads the event, the run and the workflow out of an event', () => {
  expect(headOf(Buffer.from(started), false)).toEqual({
    event: 'WorkflowStarted',
    isJson: false,
    runId: 'r',
    workflowRunId: undefined,
    workflowId: 'w',
    isNested: false,
  })
})

test('reads AgentOS frames and events of a run that was subscribed to', () => {
  const head = headOf(
    Buffer.from('{"created_at": 1, "event": "StepStarted", "run_id": "r"}'),
    false,
  )
  expect(head).toMatchObject({ event: 'StepStarted', isJson: true, runId: 'r' })
})

test('makes nothing of an event inside a run unless some command waits for it', () => {
  const frame = Buffer.from('event: RunContent\ndata: {"run_id": "a", "workflow_run_id": "r"}\n\n')
  expect(headOf(frame, false)).toBeUndefined()
  expect(headOf(frame, true)).toMatchObject({ runId: 'a', workflowRunId: 'r' })
})

test.each(['', 'x', 'event: ', '{', '{"no": "event"}', 'hello world and more'])(
  'makes nothing of %j',
  (text) => {
    expect(headOf(Buffer.from(text), true)).toBeUndefined()
  },
)

test('tells the events of a workflow inside a workflow', () => {
  const frame = Buffer.from(started.replace('"nested_depth": 0', '"nested_depth": 1'))
  expect(headOf(frame, false)?.isNested).toBe(true)
})

test('renames a workflow where it is named, with or without a space, and nowhere else', () => {
  const named = (id: string) =>
    `event: X\ndata: {"workflow_id":"${id}", "x":{"workflow_id": "${id}"},"agent_id":"w","content":"\\"workflow_id\\": \\"w\\""}\n\n`
  expect(withWorkflowId(Buffer.from(named('w')), 'w', 'eu-w').toString()).toBe(named('eu-w'))
})

test('leaves alone what is no JSON', () => {
  const frame = Buffer.from('event: X\ndata: {"workflow_id": "w"\n\n')
  expect(withWorkflowId(frame, 'w', 'eu-w')).toBe(frame)
})
