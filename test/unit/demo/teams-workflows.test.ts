import { expect, test } from 'vitest'
import { allEvents, events, json, list, names, openDemo, post, rest } from './support.ts'

const AGENT_EVENTS = [
  'RunStarted',
  'ModelRequestStarted',
  'RunContent',
  'ModelRequestCompleted',
  'RunContentCompleted',
  'RunCompleted',
]

test('a team streams the events of its members between its own', async () => {
  const { b } = await openDemo()
  const sent = await allEvents(post(`${b}/teams/duo/runs`, { message: 'rain' }))
  const member = ['TeamToolCallStarted', ...AGENT_EVENTS, 'TeamToolCallCompleted']
  expect(names(sent)).toEqual([
    'TeamRunStarted',
    'TeamModelRequestStarted',
    'TeamModelRequestCompleted',
    ...member,
    ...member,
    'TeamModelRequestStarted',
    'TeamRunContent',
    'TeamModelRequestCompleted',
    'TeamRunContentCompleted',
    'TeamRunCompleted',
  ])
  expect(sent[0]?.data).toMatchObject({ team_id: 'duo', team_name: 'Duo' })
  const parent = sent[0]?.data['run_id']
  const started = sent.filter(({ event }) => event === 'RunStarted').map(({ data }) => data)
  expect(started).toMatchObject([
    { agent_id: 'poet', parent_run_id: parent },
    { agent_id: 'critic', parent_run_id: parent },
  ])
  expect(sent.at(-1)?.data['content']).toMatch(/^The poet would sing of rain/)
})

test("a team's run output contains the responses of its members", async () => {
  const { b } = await openDemo()
  const run = await json(post(`${b}/teams/duo/runs`, { message: 'rain', stream: 'false' }))
  expect(run).toMatchObject({
    team_id: 'duo',
    status: 'COMPLETED',
    member_responses: [
      { agent_id: 'poet', parent_run_id: run['run_id'] },
      { agent_id: 'critic', status: 'COMPLETED' },
    ],
  })
})

test('a workflow streams step events around the events of its agents', async () => {
  const { b } = await openDemo()
  const sent = await allEvents(post(`${b}/workflows/pipeline/runs`, { message: 'rain' }))
  const step = ['StepStarted', ...AGENT_EVENTS, 'StepCompleted']
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

test('parallel steps run at the same time inside of their step', async () => {
  const { b } = await openDemo()
  const sent = await allEvents(post(`${b}/workflows/panel/runs`, { message: 'rain' }))
  const parallel = sent.find(({ event }) => event === 'ParallelExecutionStarted')?.data
  const steps = sent.filter(({ event }) => event === 'StepStarted').map(({ data }) => data)
  expect(steps).toMatchObject([
    { step_name: 'verse', step_index: [0, 0], parent_step_id: parallel?.['step_id'] },
    { step_name: 'prose', step_index: [0, 1], parent_step_id: parallel?.['step_id'] },
    { step_name: 'sum up', step_index: 1 },
  ])
  expect(sent.at(-1)?.data['metrics']).toMatchObject({
    steps: { verse: { executor_type: 'agent' }, prose: { executor_name: 'Critic' } },
  })
  const ofSteps = names(sent.filter(({ event }) => event.startsWith('Step')))
  expect(ofSteps.slice(0, 3)).toEqual(['StepStarted', 'StepCompleted', 'StepStarted'])
})

test('a cancelled workflow ends its parallel steps', async () => {
  const { b } = await openDemo({ wordDelayMs: 60_000 })
  const stream = events(await post(`${b}/workflows/panel/runs`, { message: 'rain' }))
  const { value: started } = await stream.next()
  await post(`${b}/workflows/panel/runs/${started?.data['run_id']}/cancel`)
  expect((await rest(stream)).at(-1)?.event).toBe('WorkflowCancelled')
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
