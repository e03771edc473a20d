/** Tests workflows whose members fail, hang or are cancelled. */
import { expect, test } from 'vitest'
import { loop, parallel, step, Workflow } from '../../../src/index.ts'
import { all } from '../client/support.ts'
import type { Dict, Event } from './recordings.ts'
import { agent } from './recordings.ts'
import { startScripted } from './scripted.ts'

const names = (events: readonly Event[]) => events.map(({ event }) => event)

test('a failed step fails the workflow and the next step never runs', async () => {
  const { upstream, runs } = await startScripted()
  const steps = [step('a', agent(upstream, 'fail')), step('b', agent(upstream, 'echo'))]
  const workflow = new Workflow({ id: 'w', steps })
  const events = (await all(workflow.run('x', { stream: true }))) as Event[]
  expect(names(events)).toEqual([
    'WorkflowStarted',
    'StepStarted',
    'RunStarted',
    'RunError',
    'StepError',
    'WorkflowError',
  ])
  expect(events.at(-1)).toMatchObject({ error: 'no', workflow_id: 'w' })
  expect(runs).toHaveLength(1)
})

test('a failed unstreamed run has status ERROR and earlier outputs', async () => {
  const { upstream } = await startScripted()
  const steps = [step('a', agent(upstream, 'echo')), step('b', agent(upstream, 'refuse'))]
  const output = await new Workflow({ id: 'w', steps }).run('x')
  expect(output).toMatchObject({ status: 'ERROR', content: 'out of order' })
  expect(output['step_results']).toMatchObject([
    { content: 'echo(x)', success: true },
    { success: false, error: 'out of order' },
  ])
})

test('the workflow completes after the failure of an optional step', async () => {
  const { upstream } = await startScripted()
  const steps = [
    step('a', agent(upstream, 'fail'), { optional: true }),
    step('b', agent(upstream, 'echo')),
  ]
  const output = await new Workflow({ id: 'w', steps }).run('x')
  expect(output.status).toBe('COMPLETED')
  expect(output['step_results']).toMatchObject([{ success: false, error: 'no' }, { success: true }])
})

test('a failed step is retried as often as its retries allow', async () => {
  const { upstream, runs } = await startScripted()
  const flaky = step('a', agent(upstream, 'flaky'), { retries: 1 })
  expect((await new Workflow({ id: 'w', steps: [flaky] }).run('x')).status).toBe('COMPLETED')
  const fail = step('a', agent(upstream, 'fail'), { retries: 2 })
  expect((await new Workflow({ id: 'w', steps: [fail] }).run('x')).status).toBe('ERROR')
  expect(runs.map((run) => run['agent'])).toEqual(['flaky', 'flaky', 'fail', 'fail', 'fail'])
  expect(new Set(runs.map((run) => run['run_id'])).size).toBe(5)
})

test('a broken stream fails its step without a retry', async () => {
  const { upstream, runs } = await startScripted()
  const workflow = new Workflow({ id: 'w', steps: [step('a', agent(upstream, 'cut'))] })
  const events = (await all(workflow.run('x', { stream: true }))) as Event[]
  expect(names(events).slice(-2)).toEqual(['StepError', 'WorkflowError'])
  expect(runs).toHaveLength(1)
})

test('a cancelled workflow cancels its members and does not complete', async () => {
  const { upstream, cancelled, runs } = await startScripted()
  const branches = [step('a', agent(upstream, 'hang-a')), step('b', agent(upstream, 'hang-b'))]
  const workflow = new Workflow({ id: 'w', steps: [parallel('p', branches)] })
  const events: Event[] = []
  let cancelledAt = 0
  for await (const event of workflow.run('x', { stream: true, runId: 'r' })) {
    events.push(event as Event)
    if (names(events).filter((name) => name === 'RunContent').length === 2 && cancelledAt === 0) {
      cancelledAt = performance.now()
      expect(await workflow.cancelRun('r')).toBe(true)
    }
  }
  // The requests to cancel may arrive after the last event.
  const runIds = runs.map((run) => run['run_id']).toSorted()
  await expect.poll(() => cancelled.toSorted()).toEqual(runIds)
  expect(names(events).slice(-3)).toEqual(['RunCancelled', 'RunCancelled', 'WorkflowCancelled'])
  expect(events.at(-1)).toMatchObject({ reason: 'Run r was cancelled', run_id: 'r' })
  expect(events.at(-2)).toMatchObject({ workflow_run_id: 'r', workflow_id: 'w' })
  expect(await workflow.cancelRun('r')).toBe(false)
  expect((await workflow.getRun('r')).status).toBe('CANCELLED')
})

test('a client that leaves the stream cancels the members', async () => {
  const { upstream, cancelled } = await startScripted()
  const workflow = new Workflow({ id: 'w', steps: [step('a', agent(upstream, 'hang'))] })
  for await (const { event } of workflow.run('x', { stream: true })) {
    if (event === 'RunContent') break
  }
  await expect.poll(() => cancelled).toHaveLength(1)
})

test('a workflow beyond its deadline cancels its members and fails', async () => {
  const { upstream, cancelled } = await startScripted()
  const steps = [step('a', agent(upstream, 'echo')), step('b', agent(upstream, 'hang'))]
  const workflow = new Workflow({ id: 'w', name: 'W', steps, deadlineMs: 300 })
  const output = await workflow.run('x')
  expect(output).toMatchObject({
    status: 'ERROR',
    content: 'W did not end within its deadline of 0.3 s',
  })
  expect(output['step_results']).toMatchObject([{ content: 'echo(x)' }])
  await expect.poll(() => cancelled).toHaveLength(1)
})

test('a member beyond its timeout fails only its step', async () => {
  const { upstream, cancelled } = await startScripted()
  const hang = step('a', agent(upstream, 'hang'), { timeoutMs: 200, optional: true })
  const workflow = new Workflow({ id: 'w', steps: [hang, step('b', agent(upstream, 'echo'))] })
  const output = await workflow.run('x')
  expect(output.status).toBe('COMPLETED')
  expect(output['step_results']).toMatchObject([{ error: 'hang did not answer within 0.2 s' }, {}])
  await expect.poll(() => cancelled).toHaveLength(1)
})

test('a required branch that fails stops its siblings', async () => {
  const { upstream, cancelled } = await startScripted()
  const branches = [step('a', agent(upstream, 'hang')), step('b', agent(upstream, 'fail'))]
  const output = await new Workflow({ id: 'w', steps: [parallel('p', branches)] }).run('x')
  expect(output).toMatchObject({ status: 'ERROR', content: 'no' })
  await expect.poll(() => cancelled).toHaveLength(1)
})

test('the session states of branches are merged in order', async () => {
  const { upstream, runs } = await startScripted()
  const branches = [step('a', agent(upstream, 'state-a')), step('b', agent(upstream, 'state-b'))]
  const steps = [parallel('p', branches), step('c', agent(upstream, 'echo'))]
  const workflow = new Workflow({ id: 'w', steps })
  await all(workflow.run('x', { stream: true, sessionState: { by: 'nobody', kept: 1 } }))
  const states = runs.map((run) => JSON.parse(run['session_state'] ?? 'null'))
  expect(states.slice(0, 2)).toEqual([
    { by: 'nobody', kept: 1 },
    { by: 'nobody', kept: 1 },
  ])
  expect(states[2]).toEqual({ by: 'state-b', kept: 1 })
})

test("members have separate sessions unless they share the workflow's", async () => {
  const { upstream, runs } = await startScripted()
  const echo = agent(upstream, 'echo')
  const steps = [step('a', echo), step('b', echo, { session: 'shared' })]
  await new Workflow({ id: 'w', steps }).run('x', { sessionId: 's' })
  expect(runs.map((run) => run['session_id'])).toEqual(['s.echo', 's'])
})

test('a template contains the input and outputs of steps', async () => {
  const { upstream, runs } = await startScripted()
  const echo = agent(upstream, 'echo')
  const input = '{{input}}|{{previous}}|{{steps.a}}|{{additional_data.k}}|{{session_state.none}}'
  const steps = [step('a', echo), step('b', echo), step('c', echo, { input })]
  await new Workflow({ id: 'w', steps }).run('{{steps.b}}', { additionalData: { k: 7 } })
  const said = 'echo({{steps.b}})'
  expect(runs[2]?.['message']).toBe(`{{steps.b}}|echo(${said})|${said}|7|`)
})

test('a function as a step can end the workflow', async () => {
  const { upstream, runs } = await startScripted()
  const steps = [
    (view: { input: unknown }) => ({ content: `${view.input}!`, stop: true }),
    step('b', agent(upstream, 'echo')),
  ]
  const output = await new Workflow({ id: 'w', steps }).run('x')
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'x!' })
  expect(runs).toHaveLength(0)
})

test('a loop ends by its expression and can forward outputs', async () => {
  const { upstream } = await startScripted()
  const edit = step('edit', agent(upstream, 'echo'))
  const until = 'current_iteration >= 2 && last_step_content.contains("echo") && all_success'
  const polish = loop('polish', [edit], { until, maxIterations: 5, forwardIterationOutput: true })
  const output = await new Workflow({ id: 'w', steps: [polish] }).run('x')
  expect(output.content).toBe('echo(echo(x))')
})

test('a workflow runs as a member of another workflow', async () => {
  const { upstream } = await startScripted()
  const inner = new Workflow({ id: 'inner', steps: [step('a', agent(upstream, 'echo'))] })
  const outer = new Workflow({ id: 'outer', steps: [step('o', inner)] })
  const events = (await all(outer.run('x', { stream: true }))) as Event[]
  const own = events.filter((event) => event['workflow_id'] === 'outer')
  expect(names(own)).toEqual([
    'WorkflowStarted',
    'StepStarted',
    'StepCompleted',
    'WorkflowCompleted',
  ])
  const deeper = events.filter((event) => event['workflow_id'] === 'inner')
  expect(new Set(deeper.map((event) => event['nested_depth']))).toEqual(new Set([1]))
  expect(own.at(-1)).toMatchObject({ content: 'echo(x)' })
  const [result] = (own.at(-1)?.['step_results'] ?? []) as Dict[]
  expect(result).toMatchObject({ step_type: 'Workflow', executor_type: 'workflow' })
})

test('two steps with the same name are refused', () => {
  const twice = [step('a', () => ''), step('a', () => '')]
  expect(() => new Workflow({ id: 'w', steps: twice })).toThrow("w has two steps named 'a'")
})
