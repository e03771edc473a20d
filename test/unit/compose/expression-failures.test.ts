/** Workflows whose conditions, selectors and functions throw, or give values of the wrong type. */
import { expect, test } from 'vitest'
import type { RemoteAgent } from '../../../src/index.ts'
import { condition, loop, parallel, router, step, Workflow } from '../../../src/index.ts'
import { all } from '../client/support.ts'
import type { Dict, Event } from './recordings.ts'
import { scriptedWorkflow as workflowOf } from './scripted.ts'

type Member = (id: string) => RemoteAgent

test.each([
  [
    'a condition',
    (member: Member) => condition('gate', 'additional_data.missing', [member('echo')]),
  ],
  ['a router', (member: Member) => router('gate', [member('echo')], 'additional_data.missing')],
  ['a router without the choice', (member: Member) => router('gate', [member('echo')], '"other"')],
  [
    'a loop',
    (member: Member) => loop('gate', [member('echo')], { until: 'step_outputs.missing == ""' }),
  ],
  [
    'a function',
    () =>
      step('gate', () => {
        throw new Error('broken')
      }),
  ],
])('%s that throws fails its step and the workflow', async (_what, make) => {
  const { workflow } = await workflowOf((member) => [make(member), step('after', member('echo-b'))])
  const events = (await all(workflow.run('x', { stream: true }))) as Event[]
  const error = events.find(({ event }) => event === 'StepError')
  expect(error).toMatchObject({ step_name: 'gate', error: expect.any(String) })
  expect(events.at(-1)).toMatchObject({ event: 'WorkflowError', error: error?.['error'] })
})

test('an optional condition that throws does not fail the workflow', async () => {
  const { workflow } = await workflowOf((member) => [
    condition('gate', 'additional_data.missing', [member('echo')], [], { optional: true }),
    step('after', member('echo-b')),
  ])
  const output = await workflow.run('x')
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'echo-b(x)' })
  const [gate] = output['step_results'] as Dict[]
  expect(gate).toMatchObject({ step_type: 'Condition', success: false })
  expect(gate?.['error']).toContain('additional_data.missing')
})

test('a branch whose condition throws cancels its siblings', async () => {
  const started = Promise.withResolvers<void>()
  const { workflow, cancelled, upstream } = await workflowOf((member) => [
    parallel('both', [
      step('hang', member('hang')),
      condition('gate', () => started.promise.then(() => Promise.reject(new Error('no'))), [
        member('echo'),
      ]),
    ]),
  ])
  const output = workflow.run('x')
  await expect.poll(() => upstream.requests.some(({ url }) => url.includes('/hang/'))).toBe(true)
  started.resolve()
  expect(await output).toMatchObject({ status: 'ERROR', content: 'no' })
  await expect.poll(() => cancelled).toHaveLength(1)
})

test('a condition on a text of the caller fails with both types', async () => {
  const { workflow } = await workflowOf((member) => [
    condition('gate', 'additional_data.flag', [member('echo')]),
  ])
  const output = await workflow.run('x', { additionalData: { flag: 'false' } })
  expect(output.status).toBe('ERROR')
  expect(output.content).toContain('the expression gave string, where bool is needed')
})

test('a loop without an end stops after its iterations', async () => {
  const { workflow, runs } = await workflowOf((member) => [
    loop('again', [member('echo')], { until: 'false', maxIterations: 4 }),
  ])
  expect((await workflow.run('x')).status).toBe('COMPLETED')
  expect(runs).toHaveLength(4)
})

test('an unknown placeholder of an input is refused', () => {
  const make = (input: string) =>
    new Workflow({ id: 'w', steps: [step('a', () => 'x', { input })] })
  expect(() => make('{{nonsense}}')).toThrow("w, step 'a': unknown placeholder {{nonsense}}")
  expect(() => make('{{steps.b}}')).toThrow('no step is named "b"')
  expect(() => make('{{steps.a}} {{ input }}')).not.toThrow()
})
