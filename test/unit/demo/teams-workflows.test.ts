import { expect, test } from 'vitest'
import { allEvents, json, list, names, openDemo, post, said } from './support.ts'

test("a team streams an agent's events with the prefix Team", async () => {
  const { b } = await openDemo()
  const sent = await allEvents(post(`${b}/teams/duo/runs`, { message: 'rain' }))
  expect(names(sent)).toEqual([
    'TeamRunStarted',
    'TeamModelRequestStarted',
    'TeamRunContent',
    'TeamModelRequestCompleted',
    'TeamRunContentCompleted',
    'TeamRunCompleted',
  ])
  expect(sent[0]?.data).toMatchObject({ team_id: 'duo', team_name: 'Duo' })
  expect(said(sent)).toMatch(/^The poet would sing of rain/)
})

test("a team's run output contains the responses of its members", async () => {
  const { b } = await openDemo()
  const run = await json(post(`${b}/teams/duo/runs`, { message: 'rain', stream: 'false' }))
  expect(run).toMatchObject({ team_id: 'duo', status: 'COMPLETED', member_responses: [] })
})

test('a workflow streams step events around the events of its agents', async () => {
  const { b } = await openDemo()
  const sent = await allEvents(post(`${b}/workflows/pipeline/runs`, { message: 'rain' }))
  const agentEvents = [
    'RunStarted',
    'ModelRequestStarted',
    'RunContent',
    'ModelRequestCompleted',
    'RunContentCompleted',
    'RunCompleted',
  ]
  const step = ['StepStarted', ...agentEvents, 'StepCompleted']
  expect(names(sent)).toEqual(['WorkflowStarted', ...step, ...step, 'WorkflowCompleted'])
  const [started] = sent
  const runStarted = sent.find(({ event }) => event === 'RunStarted')
  expect(runStarted?.data).toMatchObject({
    agent_id: 'poet',
    workflow_id: 'pipeline',
    workflow_run_id: started?.data['run_id'],
    step_name: 'write',
    step_index: 0,
  })
  expect(sent.at(-1)?.data).toMatchObject({
    content: '3 lines, and not one too many.',
    step_results: [{ step_name: 'write', success: true }, { step_name: 'review' }],
    step_executor_runs: [{ agent_id: 'poet', parent_run_id: started?.data['run_id'] }, {}],
  })
})

test('each workflow step receives the output of the step before it', async () => {
  const { b } = await openDemo()
  const fields = { message: 'rain', stream: 'false', session_id: 'w1' }
  const run = await json(post(`${b}/workflows/pipeline/runs`, fields))
  const [write, review] = run['step_executor_runs'] as Record<string, unknown>[]
  expect(review?.['input']).toEqual({ input_content: write?.['content'] })
  expect(run).toMatchObject({
    input: 'rain',
    status: 'COMPLETED',
    metrics: { steps: { write: { executor_name: 'Poet' }, review: { executor_name: 'Critic' } } },
  })
  expect(await list(fetch(`${b}/workflows/pipeline/runs?session_id=w1`))).toMatchObject([
    { workflow_id: 'pipeline', run_input: 'rain' },
  ])
})

test('teams and workflows take decisions in separate form fields', async () => {
  const { b } = await openDemo()
  const team = post(`${b}/teams/duo/runs/x/continue`, { requirements: '{' })
  expect(await json(team)).toEqual({ detail: 'Invalid JSON in requirements field' })
  const workflow = post(`${b}/workflows/pipeline/runs/x/continue`, { step_requirements: '{' })
  expect(await json(workflow)).toEqual({ detail: 'Invalid JSON in step_requirements field' })
})
