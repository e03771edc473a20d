import { expect, test } from 'vitest'
import { RemoteAgent, RemoteTeam, RemoteWorkflow } from '../../../src/client/index.ts'
import { openDemo } from '../demo/support.ts'
import { all, closing } from './support.ts'

test('RemoteAgent runs a demo agent whole and as a stream', async () => {
  const { a } = await openDemo()
  const agent = closing(new RemoteAgent({ baseUrl: a, agentId: 'echo' }))
  const output = await agent.run('hello', { sessionId: 's' })
  expect(output).toMatchObject({ agent_id: 'echo', session_id: 's', status: 'COMPLETED' })
  const events = await all(agent.run('hello', { stream: true, sessionId: 's' }))
  expect(events[0]).toMatchObject({ event: 'RunStarted', agent_id: 'echo' })
  const text = events.map((event) => (event.event === 'RunContent' ? event.content : '')).join('')
  expect(text.trim()).toBe(String(output.content).trim())
  expect(events.at(-1)).toMatchObject({ event: 'RunCompleted', content: text })
  await agent.refreshConfig()
  expect((await agent.db?.getSessions())?.data).toMatchObject([{ session_id: 's' }])
})

test('RemoteAgent continues a paused demo agent with confirmed tools', async () => {
  const { a } = await openDemo()
  const agent = closing(new RemoteAgent({ baseUrl: a, agentId: 'confirm' }))
  const paused = await agent.run('delete notes.txt', { sessionId: 's' })
  expect(paused.status).toBe('PAUSED')
  const tools = (paused.tools ?? []).map((tool) => ({ ...tool, confirmed: true }))
  const events = await all(
    agent.continueRun(String(paused.run_id), tools, { stream: true, sessionId: 's' }),
  )
  expect(events.at(-1)?.event).toBe('RunCompleted')
})

test("resumeRun continues a demo's background run from the last index read", async () => {
  const { a } = await openDemo()
  const agent = closing(new RemoteAgent({ baseUrl: a, agentId: 'slow' }))
  let runId = ''
  for await (const event of agent.run('go', { stream: true, background: true, sessionId: 's' })) {
    runId = String(event.run_id)
    if (event.event_index === 1) break
  }
  const events = await all(agent.resumeRun(runId, { lastEventIndex: 1, sessionId: 's' }))
  expect(events.find(({ event_index }) => event_index !== undefined)?.event_index).toBe(2)
  expect(events.at(-1)?.event).toBe('RunCompleted')
  expect(await agent.getRun(runId, { sessionId: 's' })).toMatchObject({ status: 'COMPLETED' })
})

test('remote teams and workflows stream their own and nested events', async () => {
  const { b } = await openDemo()
  const team = closing(new RemoteTeam({ baseUrl: b, teamId: 'duo' }))
  const workflow = closing(new RemoteWorkflow({ baseUrl: b, workflowId: 'pipeline' }))
  const teamEvents = await all(team.run('tea', { stream: true }))
  expect(teamEvents.at(-1)?.event).toBe('TeamRunCompleted')
  const events = (await all(workflow.run('tea', { stream: true }))).map(({ event }) => event)
  expect(events).toContain('RunStarted')
  expect(events.at(-1)).toBe('WorkflowCompleted')
})
