import { expect, test } from 'vitest'
import { headOf, withWorkflowIds } from '../../../src/socket/frames.ts'

const started =
  'event: WorkflowStarted\ndata: {"created_at": 1, "event": "WorkflowStarted", "workflow_id": "w", "workflow_name": "a \\"run_id\\": \\"x\\"", "run_id": "r", "nested_depth": 0}\n\n\n'

test("event, run and workflow ids are read from a frame's head", () => {
  expect(headOf(Buffer.from(started), false)).toEqual({
    event: 'WorkflowStarted',
    isJson: false,
    runId: 'r',
    workflowRunId: undefined,
    workflowId: 'w',
    isNested: false,
  })
})

test('the JSON frames of a subscribed run are read', () => {
  const head = headOf(
    Buffer.from('{"created_at": 1, "event": "StepStarted", "run_id": "r"}'),
    false,
  )
  expect(head).toMatchObject({ event: 'StepStarted', isJson: true, runId: 'r' })
})

test('a nested event is read only while a command waits', () => {
  const frame = Buffer.from('event: RunContent\ndata: {"run_id": "a", "workflow_run_id": "r"}\n\n')
  expect(headOf(frame, false)).toBeUndefined()
  expect(headOf(frame, true)).toMatchObject({ runId: 'a', workflowRunId: 'r' })
})

test.each(['', 'x', 'event: ', '{', '{"no": "event"}', 'hello world and more'])(
  'the frame %j is read as no event',
  (text) => {
    expect(headOf(Buffer.from(text), true)).toBeUndefined()
  },
)

test('events of a nested workflow are marked as nested', () => {
  const frame = Buffer.from(started.replace('"nested_depth": 0', '"nested_depth": 1'))
  expect(headOf(frame, false)?.isNested).toBe(true)
})

const IDS = new Map([['w', 'eu-w']])

test('only workflow_id values are renamed, with or without a space', async () => {
  const named = (id: string) =>
    `event: X\ndata: {"workflow_id":"${id}", "x":{"workflow_id": "${id}"},"agent_id":"w","content":"\\"workflow_id\\": \\"w\\""}\n\n`
  const renamed = withWorkflowIds(Buffer.from(named('w')), IDS)
  expect(renamed.toString()).toBe(named('eu-w'))
  const long = (id: string) => named(id).replace('"x"', `"y":"${'é'.repeat(100_000)}","x"`)
  const late = withWorkflowIds(Buffer.from(long('w')), IDS)
  expect(late).toBeInstanceOf(Promise)
  expect((await late).toString()).toBe(long('eu-w'))
})

test('a frame with invalid JSON is returned unchanged', () => {
  const frame = Buffer.from('event: X\ndata: {"workflow_id": "w"\n\n')
  expect(withWorkflowIds(frame, IDS)).toBe(frame)
})
