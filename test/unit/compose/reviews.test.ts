/** Workflows whose caller reviews outputs, chooses routes and ends loops. */
import { expect, test } from 'vitest'
import {
  loop,
  OpenAiLeader,
  parallel,
  router,
  step,
  Team,
  type Workflow,
} from '../../../src/index.ts'
import { startChatServer } from '../../support/chat-server.ts'
import { all } from '../client/support.ts'
import type { Dict, Event } from './recordings.ts'
import { scriptedWorkflow as workflowOf } from './scripted.ts'

const asked = (output: object) => ((output as Dict)['step_requirements'] ?? []) as Dict[]
const results = (output: object) => ((output as Dict)['step_results'] ?? []) as Dict[]
const accept = { confirmed: true }
const reject = { confirmed: false, rejection_feedback: 'shorter' }

/** Gives one answer after the other, each to all open questions. */
async function answer(workflow: Workflow, message: string, ...answers: readonly Dict[]) {
  let output = await workflow.run(message)
  for (const one of answers) {
    const filled = asked(output).map((requirement) => ({ ...requirement, ...one }))
    output = await workflow.continueRun(output, filled)
  }
  return output
}

const drafting = (onReject?: 'skip' | 'retry') =>
  workflowOf((member) => [
    step('draft', member('echo-a'), { review: 'Good?', onReject }),
    step('after', member('echo-b')),
  ])

test('an accepted output is the input of the next step', async () => {
  const { workflow, runs } = await drafting()
  const paused = await workflow.run('hi')
  expect(paused.status).toBe('PAUSED')
  expect(asked(paused)).toMatchObject([{ step_output: { content: 'echo-a(hi)' } }])
  const output = await answer(workflow, 'hi', accept)
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'echo-b(echo-a(hi))' })
  expect(runs).toHaveLength(3)
})

test('a changed output replaces the member’s output', async () => {
  const { workflow } = await drafting()
  const output = await answer(workflow, 'hi', { ...accept, edited_output: 'better' })
  expect(output.content).toBe('echo-b(better)')
  expect(results(output)[0]?.['content']).toBe('better')
})

test('a rejected output with skip is left out', async () => {
  const { workflow } = await drafting('skip')
  const output = await answer(workflow, 'hi', reject)
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'echo-b(hi)' })
  expect(results(output).map((one) => one['step_name'])).toEqual(['after'])
})

test('a rejected output cancels the workflow by default', async () => {
  const { workflow, runs } = await drafting()
  const output = await answer(workflow, 'hi', reject)
  expect(output.status).toBe('CANCELLED')
  expect(output.content).toBe("Workflow cancelled: Step 'draft' was rejected")
  expect(runs).toHaveLength(1)
})

test('a retried step reads its output and the feedback', async () => {
  const { workflow, runs } = await drafting('retry')
  const output = await answer(workflow, 'hi', reject, accept)
  expect(runs[1]?.['message']).toBe(
    'hi\n\nYour previous output:\necho-a(hi)\n\nFeedback from reviewer:\nshorter',
  )
  expect(output.status).toBe('COMPLETED')
  expect(runs).toHaveLength(3)
})

test('a step is retried three times at most', async () => {
  const { workflow, runs } = await drafting('retry')
  const output = await answer(workflow, 'hi', reject, reject, reject, reject)
  expect(output.status).toBe('CANCELLED')
  expect(output.content).toBe("Max retries (3) reached for step 'draft'")
  expect(runs).toHaveLength(4)
})

test('an answer without a decision leaves the workflow paused', async () => {
  const { workflow, runs } = await drafting()
  const output = await answer(workflow, 'hi', { edited_output: 'better' }, {})
  expect(output.status).toBe('PAUSED')
  expect(runs).toHaveLength(1)
})

test('a step may ask before and after its run under one id', async () => {
  const { workflow, runs } = await workflowOf((member) => [
    step('draft', member('echo'), { confirm: 'Go?', review: 'Good?', onReject: 'retry' }),
  ])
  const output = await answer(workflow, 'hi', accept, reject, accept)
  expect(output.status).toBe('COMPLETED')
  expect(runs).toHaveLength(2)
})

test('a step continues after its confirmation and after its review', async () => {
  const { workflow } = await workflowOf((member) => [
    step('draft', member('echo'), { confirm: 'Go?', review: 'Good?', onReject: 'retry' }),
  ])
  const events = (await all(workflow.run('hi', { stream: true }))) as Event[]
  const runId = String(events[0]?.['run_id'])
  for (const one of [accept, reject]) {
    const answers = asked(events.at(-1) ?? {}).map((requirement) => ({ ...requirement, ...one }))
    const more = await all(workflow.continueRun(runId, answers, { stream: true }))
    expect(more[0]).toMatchObject({ event: 'StepContinued', step_name: 'draft' })
    events.push(...(more as Event[]))
  }
})

test('a failed step is not reviewed', async () => {
  const { workflow } = await workflowOf((member) => [
    step('draft', member('fail'), { review: 'Good?' }),
  ])
  expect((await workflow.run('hi')).status).toBe('ERROR')
})

test('outputs of parallel steps are reviewed one by one', async () => {
  const { workflow, runs } = await workflowOf((member) => [
    parallel('both', [
      step('a', member('echo-a'), { review: 'A?' }),
      step('b', member('echo-b'), { review: 'B?', onReject: 'retry' }),
    ]),
  ])
  const paused = await workflow.run('hi')
  const [a = {}, b = {}] = asked(paused)
  const half = await workflow.continueRun(paused, [
    { ...a, ...accept },
    { ...b, ...reject },
  ])
  expect(asked(half).map((one) => [one['step_name'], one['retry_count']])).toEqual([['b', 1]])
  const output = await workflow.continueRun(half, [{ ...asked(half)[0], ...accept }])
  expect(output.status).toBe('COMPLETED')
  expect(runs).toHaveLength(3)
})

const routing = (several: boolean) =>
  workflowOf((member) => [
    router('pick', [step('left', member('echo-a')), step('right', member('echo-b'))], {
      choose: 'Where?',
      allowMultipleSelections: several,
    }),
  ])

test('a router runs the routes of the caller in their order', async () => {
  const { workflow } = await routing(true)
  const output = await answer(workflow, 'hi', { selected_choices: ['right', 'left'] })
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'echo-a(echo-b(hi))' })
})

test.each([
  ['unknown', ['up']],
  ['several', ['left', 'right']],
  ['none', []],
  ['no list', 'left'],
])('a router ignores an invalid choice: %s', async (_what, selected_choices) => {
  const { workflow, runs } = await routing(false)
  const output = await answer(workflow, 'hi', { selected_choices })
  expect(output.status).toBe('PAUSED')
  expect(runs).toHaveLength(0)
})

test('the caller of a rejected route chooses another one, and may change its output', async () => {
  const { workflow } = await workflowOf((member) => [
    router(
      'pick',
      [step('left', member('echo-a')), step('right', member('echo-b'))],
      () => 'left',
      { review: 'Good?', onReject: 'retry' },
    ),
    step('after', member('echo')),
  ])
  const output = await answer(
    workflow,
    'hi',
    reject,
    { selected_choices: ['right'] },
    { ...accept, edited_output: 'better' },
  )
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'echo(better)' })
  expect(results(output)[0]).toMatchObject({ steps: [{ step_name: 'right', content: 'better' }] })
})

const polishing = (onReject: 'skip' | 'retry') =>
  workflowOf((member) => [
    loop('polish', [step('edit', member('echo-a'))], {
      maxIterations: 3,
      review: 'Done?',
      onReject,
    }),
    step('after', member('echo-b')),
  ])

test('a loop repeats with the feedback until the caller accepts', async () => {
  const { workflow, runs } = await polishing('retry')
  const output = await answer(workflow, 'hi', reject, { ...accept, edited_output: 'done' })
  expect(runs.map((run) => run['message']?.split('\n')[0])).toEqual(['hi', 'hi', 'done'])
  expect(runs[1]?.['message']).toContain('Feedback from reviewer:\nshorter')
  expect(output.content).toBe('echo-b(done)')
})

test('the last iteration of a loop is not reviewed', async () => {
  const { workflow, runs } = await polishing('retry')
  const output = await answer(workflow, 'hi', reject, reject)
  expect(output.status).toBe('COMPLETED')
  expect(runs).toHaveLength(4)
})

test('a rejected loop with skip is left out', async () => {
  const { workflow } = await polishing('skip')
  const output = await answer(workflow, 'hi', reject)
  expect(output.content).toBe('echo-b(hi)')
})

test('a team shows the review and the route of its workflow as calls', async () => {
  const { workflow, runs } = await workflowOf((member) => [
    step('draft', member('echo-a'), { review: 'Good?' }),
    router('pick', [step('left', member('echo-b')), step('right', member('echo'))], {
      choose: 'Where?',
    }),
  ])
  const chat = await startChatServer()
  const model = new OpenAiLeader({ baseUrl: `${chat.url}/v1`, model: 'fake' })
  const team = new Team({ id: 't', name: 'T', model, members: [workflow] })
  const first = await team.run('hi')
  const [review] = first['requirements'] as Dict[]
  expect(review?.['tool_execution']).toMatchObject({
    tool_name: 'draft',
    tool_args: { output: 'echo-a(hi)' },
    requires_confirmation: true,
  })
  const second = await team.continueRun(first, [{ ...review, confirmation: true }])
  const [route] = second['requirements'] as Dict[]
  const user_feedback_schema = [{ question: 'pick', selected_options: ['right'] }]
  const output = await team.continueRun(second, [{ ...route, user_feedback_schema }])
  expect(output.status).toBe('COMPLETED')
  expect(runs.map(({ message }) => message)).toEqual(['hi', 'echo-a(hi)'])
})
