/** Workflows whose caller decides on failed steps, as with Agno's `on_error: pause`. */
import { expect, test } from 'vitest'
import { loop, parallel, step, Workflow } from '../../../src/index.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { answerJson, beginEvents, eventText, wholeBody } from '../../support/fake-upstream.ts'
import { all } from '../client/support.ts'
import type { Dict, Event } from './recordings.ts'
import { fieldsIn, workflow as remoteWorkflow } from './recordings.ts'
import { scriptedWorkflow as workflowOf } from './scripted.ts'

const listed = (output: object, key: string) => ((output as Dict)[key] ?? []) as Dict[]
const errors = (output: object) => listed(output, 'error_requirements')
const asked = (output: object) => listed(output, 'step_requirements')
const names = (output: object) => listed(output, 'step_results').map((one) => one['step_name'])
const decided = (output: object, decision: string) =>
  errors(output).map((one) => ({ ...one, decision }))

const PAUSE = { onError: 'pause' } as const

const working = (id: string, options: object = {}) =>
  workflowOf((member) => [
    step('first', member('echo-a')),
    step('work', member(id), { ...PAUSE, ...options }),
    step('after', member('echo-b')),
  ])

test('a failed step pauses the workflow with the error in Agno’s form', async () => {
  const { workflow, runs } = await working('fail')
  const paused = await workflow.run('hi')
  expect(paused).toMatchObject({ status: 'PAUSED', paused_step_name: 'work', paused_step_index: 1 })
  const [error] = errors(paused)
  expect(error).toEqual({
    step_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    step_name: 'work',
    step_index: 1,
    error_message: 'no',
    error_type: null,
    retry_count: 0,
    decision: null,
  })
  expect(asked(paused)).toMatchObject([
    { step_id: error?.['step_id'], confirmation_message: "Step 'work' failed: no. Run it again?" },
  ])
  expect(names(paused)).toEqual(['first'])
  expect(runs).toHaveLength(2)
})

test('a retried step runs again and the workflow completes', async () => {
  const { workflow, runs } = await working('flaky')
  const paused = await workflow.run('hi')
  const output = await workflow.continueRun(paused, decided(paused, 'retry'))
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'echo-b(flaky(echo-a(hi)))' })
  expect(names(output)).toEqual(['first', 'work', 'after'])
  expect(runs.map(({ agent }) => agent)).toEqual(['echo-a', 'flaky', 'flaky', 'echo-b'])
})

test('a skipped step is left out', async () => {
  const { workflow, runs } = await working('fail')
  const paused = await workflow.run('hi')
  const output = await workflow.continueRun(paused, decided(paused, 'skip'))
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'echo-b(echo-a(hi))' })
  expect(names(output)).toEqual(['first', 'after'])
  expect(runs).toHaveLength(3)
})

test('a step that fails again pauses again and counts its retries', async () => {
  const { workflow, runs } = await working('fail')
  let output = await workflow.run('hi')
  for (const count of [1, 2, 3, 4]) {
    output = await workflow.continueRun(output, decided(output, 'retry'))
    expect(errors(output)).toMatchObject([{ step_name: 'work', retry_count: count }])
  }
  expect(runs).toHaveLength(6)
})

test('a confirmation answers the error of a step too', async () => {
  const { workflow, runs } = await working('flaky')
  const paused = await workflow.run('hi')
  const answers = asked(paused).map((one) => ({ ...one, confirmed: true }))
  const output = await workflow.continueRun(paused, [...answers, ...errors(paused)])
  expect(output.status).toBe('COMPLETED')
  expect(runs).toHaveLength(4)
})

test('a decision in the paused output itself is an answer', async () => {
  const { workflow } = await working('fail')
  const paused = await workflow.run('hi')
  for (const error of errors(paused)) error['decision'] = 'skip'
  expect((await workflow.continueRun(paused)).status).toBe('COMPLETED')
})

test('an unknown decision leaves the workflow paused', async () => {
  const { workflow, runs } = await working('fail')
  const paused = await workflow.run('hi')
  const output = await workflow.continueRun(paused, decided(paused, 'ignore'))
  expect(output.status).toBe('PAUSED')
  expect(errors(output)).toHaveLength(1)
  expect(runs).toHaveLength(2)
})

test('a decision does not answer an ordinary confirmation', async () => {
  const { workflow, runs } = await working('echo', { confirm: 'Go?' })
  const paused = await workflow.run('hi')
  expect(errors(paused)).toEqual([])
  const answers = asked(paused).map((one) => ({ ...one, decision: 'retry' }))
  expect((await workflow.continueRun(paused, answers)).status).toBe('PAUSED')
  expect(runs).toHaveLength(1)
})

test('a failure is a question only after the retries', async () => {
  const { workflow, runs } = await working('fail', { retries: 1 })
  const paused = await workflow.run('hi')
  expect(paused.status).toBe('PAUSED')
  expect(runs).toHaveLength(3)
})

test('a late decision has the effect of the time limit', async () => {
  const { workflow, runs } = await working('fail', { confirmTimeoutMs: 1, onTimeout: 'skip' })
  const paused = await workflow.run('hi')
  const limit = Date.parse(String(asked(paused)[0]?.['timeout_at']))
  await expect.poll(() => Date.now()).toBeGreaterThan(limit)
  expect((await workflow.continueRun(paused, [])).status).toBe('COMPLETED')
  expect(runs).toHaveLength(3)
})

test('a retried step may be reviewed', async () => {
  const { workflow } = await working('flaky', { review: 'Good?' })
  const paused = await workflow.run('hi')
  const reviewing = await workflow.continueRun(paused, decided(paused, 'retry'))
  expect(asked(reviewing)).toMatchObject([{ requires_output_review: true }])
  expect(errors(reviewing)).toEqual([])
  const answers = asked(reviewing).map((one) => ({ ...one, confirmed: true }))
  expect((await workflow.continueRun(reviewing, answers)).status).toBe('COMPLETED')
})

test('parallel steps continue while the caller decides on one', async () => {
  const { workflow, runs } = await workflowOf((member) => [
    parallel('both', [
      step('a', member('flaky'), PAUSE),
      step('b', member('echo-b')),
      step('c', member('fail'), PAUSE),
    ]),
  ])
  const paused = await workflow.run('hi')
  expect(errors(paused).map((one) => one['step_name'])).toEqual(['a', 'c'])
  const [a = {}, c = {}] = errors(paused)
  const output = await workflow.continueRun(paused, [
    { ...a, decision: 'retry' },
    { ...c, decision: 'skip' },
  ])
  expect(output.status).toBe('COMPLETED')
  expect(runs.map(({ agent }) => agent).sort()).toEqual(['echo-b', 'fail', 'flaky', 'flaky'])
})

test('each iteration of a loop asks for its own failure', async () => {
  const { workflow, runs } = await workflowOf((member) => [
    loop('twice', [step('work', member('fail'), PAUSE)], { maxIterations: 2 }),
  ])
  const first = await workflow.run('hi')
  const second = await workflow.continueRun(first, decided(first, 'skip'))
  expect(second.status).toBe('PAUSED')
  const output = await workflow.continueRun(second, decided(second, 'skip'))
  expect(output.status).toBe('COMPLETED')
  expect(runs).toHaveLength(2)
})

test('a function that throws pauses the workflow', async () => {
  let isBroken = true
  const work = () => {
    if (isBroken) throw new Error('out of order')
    return 'fine'
  }
  const workflow = new Workflow({ id: 'w', steps: [step('work', work, PAUSE)] })
  const paused = await workflow.run('hi')
  expect(errors(paused)).toMatchObject([{ error_message: 'out of order' }])
  isBroken = false
  const output = await workflow.continueRun(paused, decided(paused, 'retry'))
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'fine' })
})

test('the events are Agno’s, and a retried step starts again', async () => {
  const { workflow } = await workflowOf((member) => [step('work', member('flaky'), PAUSE)])
  const first = (await all(workflow.run('hi', { stream: true }))) as Event[]
  const ofWorkflow = (events: readonly Event[]) =>
    events.map(({ event }) => event ?? '').filter((name) => !name.startsWith('Run'))
  expect(ofWorkflow(first)).toEqual([
    'WorkflowStarted',
    'StepStarted',
    'StepError',
    'WorkflowPaused',
    'WorkflowRunOutput',
  ])
  const answers = decided(first.at(-1) ?? {}, 'retry')
  const runId = String(first[0]?.['run_id'])
  const second = (await all(workflow.continueRun(runId, answers, { stream: true }))) as Event[]
  expect(ofWorkflow(second)).toEqual([
    'StepContinued',
    'StepStarted',
    'StepCompleted',
    'WorkflowCompleted',
  ])
  expect(new Set([...first, ...second].flatMap((one) => one['step_id'] ?? []))).toHaveLength(1)
})

test('a workflow in a workflow pauses at every level', async () => {
  const { workflow, runs } = await working('flaky')
  const outer = new Workflow({ id: 'outer', steps: [step('inner', workflow)] })
  const paused = await outer.run('hi')
  const [only] = asked(paused)
  const inner = listed(only ?? {}, 'executor_requirements')
  const executor_requirements = inner.map((one) => ({ ...one, confirmation: true }))
  const output = await outer.continueRun(paused, [{ ...only, executor_requirements }])
  expect(output.status).toBe('COMPLETED')
  expect(runs).toHaveLength(4)
})

/** An AgentOS whose workflow waits for a decision on an error. */
async function startUndecided() {
  const upstream = await startAgentOs({ workflows: ['w'] }, async (request, response, message) => {
    await wholeBody(request, message)
    const { run_id, stream } = fieldsIn(request)
    const ids = { workflow_id: 'w', run_id, status: 'PAUSED', paused_step_name: 'bad' }
    const error = { step_id: 's', step_name: 'bad', error_message: 'out of order', decision: null }
    const output = { ...ids, error_requirements: [error] }
    if (stream === 'false') return answerJson(response, output)
    beginEvents(response)
    response.write(eventText({ event: 'WorkflowPaused', ...ids }))
    response.end(`event: WorkflowRunOutput\ndata: ${JSON.stringify(output)}\n\n`)
  })
  return new Workflow({ id: 'outer', steps: [step('inner', remoteWorkflow(upstream, 'w'))] })
}

test('a member workflow that waits for a decision on an error has failed', async () => {
  const output = await (await startUndecided()).run('hi')
  expect(output).toMatchObject({ status: 'ERROR', content: "Step 'bad' failed: out of order" })
})

test('a streamed member workflow that waits for a decision has failed', async () => {
  const events = await all((await startUndecided()).run('hi', { stream: true }))
  expect(events.at(-1)).toMatchObject({ event: 'WorkflowError', error: "Step 'bad' failed" })
})
