/** Members whose runs outlive their connection and the process that started them. */
import { expect, onTestFinished, test } from 'vitest'
import { RemoteAgent } from '../../../src/client/remote-agent.ts'
import { step } from '../../../src/compose/definition.ts'
import { MemoryJournal } from '../../../src/compose/journal.ts'
import type { ComposedEvent } from '../../../src/compose/member.ts'
import { Workflow } from '../../../src/compose/workflow.ts'
import type { Scripted } from './scripted.ts'
import { startScripted } from './scripted.ts'

async function rig(agentId: string) {
  const scripted = await startScripted()
  const agent = new RemoteAgent({ baseUrl: scripted.upstream.url, agentId })
  onTestFinished(() => agent.close())
  const workflow = new Workflow({ id: 'w', steps: [step('a', agent)] })
  return { scripted, workflow }
}

/** Executes one part of the run `r`; its last sent positions are those of earlier parts. */
async function part(
  workflow: Workflow,
  journal: MemoryJournal,
  { isStream = true, sent = new Map<string, number>() } = {},
) {
  const options = { runId: 'r', sessionId: 's', journal, sent, keepsMembers: true }
  if (!isStream) return { output: await workflow.run('x', options), events: [] }
  const events: ComposedEvent[] = []
  for await (const event of workflow.run('x', { ...options, stream: true })) events.push(event)
  return { output: events.at(-1), events }
}

/** Sends the member's run as an earlier process would have. */
async function sendEarlier({ upstream }: Scripted, agent: string, journal: MemoryJournal) {
  await journal.put('member:0', { runId: 'm', member: agent })
  const fields = { message: 'x', run_id: 'm', session_id: `s.${agent}`, background: 'true' }
  const body = new URLSearchParams({ ...fields, stream: 'true' })
  return await fetch(`${upstream.url}/agents/${agent}/runs`, { method: 'POST', body })
}

const names = (events: readonly ComposedEvent[]) => events.map(({ event }) => event)

test('a member runs in the background of its AgentOS', async () => {
  const { scripted, workflow } = await rig('echo')
  const { events } = await part(workflow, new MemoryJournal())
  expect(events.at(-1)).toMatchObject({ event: 'WorkflowCompleted', content: 'echo(x)' })
  expect(events.some((event) => 'event_index' in event)).toBe(false)
  expect(scripted.runs).toMatchObject([{ background: 'true', stream: 'true' }])
})

test('a whole run has the output that the AgentOS has stored', async () => {
  const { workflow } = await rig('echo')
  const { output } = await part(workflow, new MemoryJournal(), { isStream: false })
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'echo(x)' })
})

test('a whole run that fails has its error as content', async () => {
  const { workflow } = await rig('half')
  const { output } = await part(workflow, new MemoryJournal(), { isStream: false })
  expect(output).toMatchObject({ status: 'ERROR', content: 'no' })
})

test('a member without a database runs in the foreground', async () => {
  const { scripted, workflow } = await rig('inline-echo')
  const journal = new MemoryJournal()
  const { events } = await part(workflow, journal)
  expect(events.at(-1)).toMatchObject({ event: 'WorkflowCompleted' })
  expect(scripted.runs).toMatchObject([{ agent: 'inline-echo' }])
  expect(journal.get('plain:0')).toEqual({})
})

test('a broken stream is read on from the first missing event', async () => {
  const { scripted, workflow } = await rig('cut')
  const { events } = await part(workflow, new MemoryJournal())
  expect(names(events).filter((name) => name.startsWith('Run'))).toEqual([
    'RunStarted',
    'RunContent',
    'RunCompleted',
  ])
  expect(events.at(-1)).toMatchObject({ event: 'WorkflowCompleted', content: 'cut(x)' })
  expect(scripted.runs).toHaveLength(1)
})

test('a run of an earlier process is read on without an event twice', async () => {
  const { scripted, workflow } = await rig('gate')
  const journal = new MemoryJournal()
  const earlier = await sendEarlier(scripted, 'gate', journal)
  scripted.release('gate')
  await earlier.text()
  const { events } = await part(workflow, journal, { sent: new Map([['member:0', 0]]) })
  expect(names(events).filter((name) => name.startsWith('Run'))).toEqual([
    'RunContent',
    'RunCompleted',
  ])
  expect(events.at(-1)).toMatchObject({ event: 'WorkflowCompleted', content: 'gate(x)' })
  expect(scripted.runs).toHaveLength(1)
})

test('a run that ended unseen is shown by its stored output', async () => {
  const { scripted, workflow } = await rig('forget')
  const journal = new MemoryJournal()
  await (await sendEarlier(scripted, 'forget', journal)).text()
  const { events } = await part(workflow, journal)
  expect(names(events).filter((name) => name.startsWith('Run'))).toEqual(['RunCompleted'])
  expect(events.at(-1)).toMatchObject({ event: 'WorkflowCompleted', content: 'forget(x)' })
  expect(scripted.runs).toHaveLength(1)
})

test('a run that never arrived is sent with the id in the journal', async () => {
  const { scripted, workflow } = await rig('echo')
  const journal = new MemoryJournal()
  await journal.put('member:0', { runId: 'm', member: 'echo' })
  const { events } = await part(workflow, journal)
  expect(events.at(-1)).toMatchObject({ event: 'WorkflowCompleted' })
  expect(scripted.runs).toMatchObject([{ run_id: 'm' }])
})

test('an interrupted foreground run fails instead of running twice', async () => {
  const { scripted, workflow } = await rig('echo')
  const journal = new MemoryJournal()
  await journal.put('member:0', { runId: 'm', member: 'echo' })
  await journal.put('plain:0', {})
  const { events } = await part(workflow, journal)
  const last = events.at(-1)
  expect(last).toMatchObject({ event: 'WorkflowError' })
  expect(String(last?.['error'])).toContain('cannot be followed')
  expect(scripted.runs).toEqual([])
})

test('a finished step is not run again and its events are not sent again', async () => {
  const { scripted, workflow } = await rig('echo')
  const journal = new MemoryJournal()
  await part(workflow, journal)
  const sent = new Map([
    ['WorkflowStarted', 0],
    ['StepStarted:0', 0],
    ['StepCompleted:0', 0],
  ])
  const { events } = await part(workflow, journal, { sent })
  expect(names(events)).toEqual(['WorkflowCompleted'])
  expect(scripted.runs).toHaveLength(1)
})
