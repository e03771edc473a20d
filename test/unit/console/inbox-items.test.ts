/** Tests the order of the inbox while approvals and paused runs appear and go. */
import { expect, test } from 'vitest'
import type { Approval } from '../../../console/api/types.ts'
import type { InboxItem, PausedRun } from '../../../console/state/inbox-items.ts'
import { itemsOf, merged } from '../../../console/state/inbox-items.ts'

const approval = (id: string, runId = `run of ${id}`): Approval => ({
  id,
  run_id: runId,
  session_id: 's',
  status: 'pending',
})

/** A run that waits for the decision on one call. */
function paused(runId: string, call = 'call'): PausedRun {
  const tool = { tool_call_id: call, tool_name: 'mail', requires_confirmation: true }
  return {
    kind: 'agents',
    id: 'one',
    runId,
    sessionId: 's',
    pause: { requirements: [], tools: [tool], stepRequirements: [] },
    user: '',
    createdAt: undefined,
    input: '',
  }
}

const keysOf = (items: readonly InboxItem[]) => items.map(({ key }) => key)

test('a paused run with an approval is one item', () => {
  const items = itemsOf([approval('a', 'r')], [paused('r'), paused('q')])
  expect(items.map(({ of }) => ('run' in of ? of.run.runId : of.approval.id))).toEqual(['a', 'q'])
})

test('new items come after the known ones in any order of the answer', () => {
  const before = itemsOf([approval('a')], [paused('r')])
  const now = itemsOf([approval('b'), approval('a')], [paused('q'), paused('r')])
  const after = merged(before, now)
  expect(keysOf(after)).toEqual([
    ...keysOf(before),
    ...keysOf(itemsOf([approval('b')], [paused('q')])),
  ])
  expect(after.some(({ isOver }) => isOver)).toBe(false)
})

test('an unchanged item is the same object, so its form is not drawn again', () => {
  const before = itemsOf([approval('a')], [paused('r')])
  const after = merged(before, itemsOf([approval('a')], [paused('r')]))
  expect(after.map((item, index) => item === before[index])).toEqual([true, true])
})

test('an item that is not found is marked and stays in its place', () => {
  const before = itemsOf([approval('a')], [paused('r')])
  const gone = merged(before, itemsOf([], [paused('r')]))
  expect(gone.map(({ isOver }) => isOver)).toEqual([true, false])
  const back = merged(gone, before)
  expect(back.map(({ isOver }) => isOver)).toEqual([false, false])
})

test('a run that pauses again is another item', () => {
  const before = itemsOf([], [paused('r', 'first')])
  const after = merged(before, itemsOf([], [paused('r', 'second')]))
  expect(after.map(({ isOver }) => isOver)).toEqual([true, false])
})
