import { expect, test } from 'vitest'
import { headOf } from '../../../src/socket/frames.ts'
import { OpenRuns } from '../../../src/socket/open-runs.ts'

const start = (workflowId: string) => ({ action: 'start-workflow', workflowId, runId: undefined })
const about = (action: string, runId: string) => ({ action, workflowId: 'w', runId })

function json(open: OpenRuns, frame: Record<string, unknown>) {
  return note(open, JSON.stringify(frame))
}

function event(open: OpenRuns, name: string, members: Record<string, unknown>) {
  return note(open, `event: ${name}\ndata: ${JSON.stringify(members)}\n\n`)
}

function note(open: OpenRuns, text: string) {
  const head = headOf(Buffer.from(text), open.awaitsReply)
  return head && open.onFrame(head)
}

test('a run is open from its first event to its last', () => {
  const open = new OpenRuns()
  open.expectReply(start('w'))
  expect(open.isIdle).toBe(false)
  expect(event(open, 'WorkflowStarted', { workflow_id: 'w', run_id: 'r' })).toEqual({
    runId: 'r',
    workflowId: 'w',
  })
  expect(open.awaitsReply).toBe(false)
  expect(open.isIdle).toBe(false)
  event(open, 'WorkflowCompleted', { workflow_id: 'w', run_id: 'r' })
  expect(open.isIdle).toBe(true)
})

test('a refusal answers the oldest pending command', () => {
  const open = new OpenRuns()
  open.expectReply(start('gone'))
  open.expectReply(start('w'))
  json(open, { event: 'error', error: 'Workflow gone not found' })
  expect(open.takeAll().commands).toEqual([start('w')])
  expect(open.isIdle).toBe(true)
})

test('a subscribed run stays open until its JSON events end', () => {
  const open = new OpenRuns()
  open.expectReply(about('reconnect', 'r'))
  json(open, { event: 'catch_up', run_id: 'r' })
  json(open, { event: 'WorkflowStarted', run_id: 'r', workflow_id: 'w' })
  json(open, { event: 'subscribed', run_id: 'r' })
  expect(open.awaitsReply).toBe(false)
  json(open, { event: 'WorkflowCancelled', run_id: 'r' })
  expect(open.isIdle).toBe(true)
})

test('a replayed run is not counted as open', () => {
  const open = new OpenRuns()
  open.expectReply(about('reconnect', 'r'))
  json(open, { event: 'replay', run_id: 'r' })
  json(open, { event: 'WorkflowStarted', run_id: 'r', workflow_id: 'w' })
  expect(open.isIdle).toBe(true)
})

test('a continued run opens with its first own or nested event', () => {
  const open = new OpenRuns()
  open.expectReply(about('continue-workflow', 'r'))
  event(open, 'RunContent', { run_id: 'other', workflow_run_id: 'another' })
  expect(open.awaitsReply).toBe(true)
  expect(event(open, 'RunStarted', { run_id: 'agent-run', workflow_run_id: 'r' })).toEqual({
    runId: 'r',
    workflowId: 'w',
  })
  expect(open.takeAll().runs).toEqual([{ runId: 'r', workflowId: 'w' }])
})

test('a nested workflow counts as part of the outer run', () => {
  const open = new OpenRuns()
  const inner = { run_id: 'inner', workflow_id: 'i', nested_depth: 1 }
  expect(event(open, 'WorkflowStarted', inner)).toBeUndefined()
  expect(open.isIdle).toBe(true)
})

test('authentication results answer only pending authentication commands', () => {
  const open = new OpenRuns()
  open.expectReply({ action: 'authenticate', workflowId: undefined, runId: undefined })
  open.expectReply(start('w'))
  json(open, { event: 'authenticated' })
  json(open, { event: 'authenticated' })
  expect(open.takeAll().commands).toEqual([start('w')])
})
