/** A cancel reaches every member and the model of a composed run at once, and nothing completes after it. */
import { expect, test } from 'vitest'
import { OpenAiLeader, parallel, step, Team, Workflow } from '../../../src/index.ts'
import { startChatServer } from '../../support/chat-server.ts'
import type { Event } from './recordings.ts'
import { agent } from './recordings.ts'
import { startScripted } from './scripted.ts'

const HANGING = ['hang-a', 'hang-b', 'hang-c']

/** Reads a stream, cancels it when as many members have begun, and returns the events after the cancel. */
async function cancelledAfter(
  events: AsyncIterable<object>,
  begun: number,
  cancel: () => Promise<boolean>,
): Promise<Event[]> {
  const later: Event[] = []
  let count = 0
  for await (const event of events as AsyncIterable<Event>) {
    if (count >= begun) later.push(event)
    else if (event.event === 'RunContent' && ++count === begun) expect(await cancel()).toBe(true)
  }
  return later
}

test('a cancel reaches every parallel member of a workflow', async () => {
  const { upstream, cancelled, runs } = await startScripted()
  const steps = HANGING.map((id) => step(id, agent(upstream, id)))
  const workflow = new Workflow({ id: 'w', steps: [parallel('all', steps)] })
  const events = workflow.run('x', { stream: true, runId: 'r' })
  const later = await cancelledAfter(events, HANGING.length, () => workflow.cancelRun('r'))
  await expect.poll(() => [...cancelled].sort()).toEqual(runs.map((run) => run['run_id']).sort())
  expect(later.map(({ event }) => event)).toEqual([
    'RunCancelled',
    'RunCancelled',
    'RunCancelled',
    'WorkflowCancelled',
  ])
})

test('a cancel reaches every member of a broadcast', async () => {
  const { upstream, cancelled } = await startScripted()
  const chat = await startChatServer()
  const model = new OpenAiLeader({ baseUrl: `${chat.url}/v1`, model: 'fake' })
  const members = HANGING.map((id) => agent(upstream, id))
  const team = new Team({ id: 't', model, members, mode: 'broadcast' })
  const events = team.run('x', { stream: true, runId: 'r' })
  const later = await cancelledAfter(events, HANGING.length, () => team.cancelRun('r'))
  await expect.poll(() => cancelled).toHaveLength(HANGING.length)
  expect(later.at(-1)?.event).toBe('TeamRunCancelled')
  expect(later.filter(({ event }) => event.endsWith('Completed'))).toEqual([])
  expect(chat.requests).toHaveLength(1)
})

test('a cancel passes through a team and a workflow inside a workflow', async () => {
  const { upstream, cancelled } = await startScripted()
  const chat = await startChatServer()
  const model = new OpenAiLeader({ baseUrl: `${chat.url}/v1`, model: 'fake' })
  const team = new Team({ id: 't', model, members: [agent(upstream, 'hang')] })
  const inner = new Workflow({ id: 'i', steps: [step('team', team)] })
  const outer = new Workflow({ id: 'o', steps: [step('inner', inner)] })
  const events = outer.run('x', { stream: true, runId: 'r' })
  const later = await cancelledAfter(events, 1, () => outer.cancelRun('r'))
  await expect.poll(() => cancelled).toHaveLength(1)
  expect(later.at(-1)).toMatchObject({ event: 'WorkflowCancelled', workflow_id: 'o' })
  expect(later.filter(({ event }) => event.endsWith('Completed'))).toEqual([])
})
