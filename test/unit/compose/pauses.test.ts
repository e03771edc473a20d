/** Composed teams and workflows whose members or steps wait for their caller. */
import { expect, test } from 'vitest'
import type { BlockLike, TeamOptions } from '../../../src/index.ts'
import {
  condition,
  OpenAiLeader,
  parallel,
  RunNotPaused,
  step,
  Team,
  UnknownRun,
  Workflow,
} from '../../../src/index.ts'
import { startChatServer } from '../../support/chat-server.ts'
import { all } from '../client/support.ts'
import { startPausing } from './pausing.ts'
import type { Dict, Event } from './recordings.ts'
import { agent } from './recordings.ts'

const names = (events: readonly Event[]) => events.map(({ event }) => event)

async function teamOf(ids: readonly string[], options: Partial<TeamOptions> = {}) {
  const pausing = await startPausing()
  const chat = await startChatServer()
  const model = new OpenAiLeader({ baseUrl: `${chat.url}/v1`, model: 'fake' })
  const members = ids.map((id) => agent(pausing.upstream, id))
  const team = new Team({ id: 't', name: 'T', model, members, ...options })
  const asked = () => chat.requests.map(({ body }) => JSON.parse(body.toString()) as Dict)
  return { ...pausing, team, asked }
}

async function workflowOf(make: (member: (id: string) => ReturnType<typeof agent>) => BlockLike[]) {
  const pausing = await startPausing()
  const steps = make((id) => agent(pausing.upstream, id))
  return { ...pausing, workflow: new Workflow({ id: 'w', name: 'W', steps }) }
}

const requirementsIn = (output: object) => (output as Dict)['requirements'] as Dict[]
const stepsIn = (output: object) => (output as Dict)['step_requirements'] as Dict[]
const confirmed = (requirement: Dict, confirmation = true): Dict => ({
  ...requirement,
  confirmation,
})

test('requirements of several paused members are merged and their answers split', async () => {
  const { team, continued } = await teamOf(['confirm', 'confirm-b'])
  const paused = await team.run('both hello')
  const requirements = requirementsIn(paused)
  expect(paused.status).toBe('PAUSED')
  expect(requirements.map((one) => one['member_agent_id'])).toEqual(['confirm', 'confirm-b'])
  expect(new Set(requirements.map((one) => one['member_run_id'])).size).toBe(2)
  const [first = {}, second = {}] = requirements
  const answers = [confirmed(first), { ...confirmed(second, false), confirmation_note: 'no money' }]
  const output = await team.continueRun(paused, answers)
  expect(output.status).toBe('COMPLETED')
  expect(continued.map(({ agent: id }) => id)).toEqual(['confirm', 'confirm-b'])
  const results = (output['tools'] as Dict[]).map(({ result }) => result)
  expect(results[0]).toContain('[confirm]: confirm(paid {"n":5})')
  expect(results[1]).toContain('The user has rejected pay({"n":5}): no money')
})

test('a partly answered team stays paused and keeps the result of the others', async () => {
  const { team, continued } = await teamOf(['confirm', 'confirm-b'])
  const paused = await team.run('both hello')
  const [first = {}, second = {}] = requirementsIn(paused)
  const half = await team.continueRun(paused, [confirmed(first)])
  expect(half.status).toBe('PAUSED')
  expect(requirementsIn(half)).toEqual([second])
  const output = await team.continueRun(half, [confirmed(second)])
  expect(output.status).toBe('COMPLETED')
  expect(continued.map(({ agent: id }) => id)).toEqual(['confirm', 'confirm-b'])
})

test('a sibling that does not pause ends before the team pauses and runs once', async () => {
  const { team, runs } = await teamOf(['confirm', 'echo'])
  const paused = await team.run('both hello')
  const responses = paused['member_responses'] as Dict[]
  expect(responses.map(({ status }) => status)).toEqual(['PAUSED', 'COMPLETED'])
  const output = await team.continueRun(
    paused,
    requirementsIn(paused).map((one) => confirmed(one)),
  )
  expect(output.status).toBe('COMPLETED')
  expect(runs.map(({ agent: id }) => id)).toEqual(['confirm', 'echo'])
})

test('a broadcast asks the members that have answered only once', async () => {
  const { team, runs } = await teamOf(['echo', 'confirm'], { mode: 'broadcast' })
  const paused = await team.run('hello')
  const output = await team.continueRun(
    paused,
    requirementsIn(paused).map((one) => confirmed(one)),
  )
  expect(output.status).toBe('COMPLETED')
  expect(runs).toHaveLength(2)
  expect((output['tools'] as Dict[])[0]?.['result']).toContain('[echo]: echo(hello)')
})

test('a routed team answers with the text of its continued member', async () => {
  const { team } = await teamOf(['confirm'], { mode: 'route' })
  const paused = await team.run('hello')
  const output = await team.continueRun(
    paused,
    requirementsIn(paused).map((one) => confirmed(one)),
  )
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'confirm(paid {"n":5})' })
})

test('a member may pause again', async () => {
  const { team } = await teamOf(['twice'])
  const first = await team.run('hello')
  const again = await team.continueRun(
    first,
    requirementsIn(first).map((one) => confirmed(one)),
  )
  expect(again.status).toBe('PAUSED')
  expect(requirementsIn(again)[0]?.['id']).not.toBe(requirementsIn(first)[0]?.['id'])
  const output = await team.continueRun(
    again,
    requirementsIn(again).map((one) => confirmed(one)),
  )
  expect(output.status).toBe('COMPLETED')
})

test.each([
  [
    'input',
    {
      user_input_schema: [
        { name: 'to', value: 'ann' },
        { name: 'cc', value: 'bob' },
      ],
    },
    'to=ann,cc=bob',
  ],
  [
    'feedback',
    { user_feedback_schema: [{ question: 'Which?', selected_options: ['red'] }] },
    'red',
  ],
  ['external', { external_execution_result: 'done' }, 'done'],
] as const)('a member that waits for %s is continued with the answer', async (id, answer, said) => {
  const { team } = await teamOf([id])
  const paused = await team.run('hello')
  const [requirement = {}] = requirementsIn(paused)
  const output = await team.continueRun(paused, [{ id: requirement['id'], ...answer }])
  const [response] = output['member_responses'] as Dict[]
  expect(response?.['content']).toBe(`${id}(${said})`)
})

test('an answer that leaves a field open keeps the team paused', async () => {
  const { team, continued } = await teamOf(['input'])
  const paused = await team.run('hello')
  const [{ id } = { id: '' }] = requirementsIn(paused)
  const user_input_schema = [{ name: 'to', value: 'ann' }]
  const half = await team.continueRun(paused, [{ id, user_input_schema }])
  expect([half.status, continued.length]).toEqual(['PAUSED', 0])
  const rest = [{ id, user_input_schema: [{ name: 'cc', value: 'bob' }] }]
  const output = await team.continueRun(half, rest)
  expect((output['member_responses'] as Dict[])[0]?.['content']).toBe('input(to=ann,cc=bob)')
})

test('a member that waits for a message gets the caller’s as its next input', async () => {
  const { team, continued } = await teamOf(['message'])
  const paused = await team.run('hello')
  const [requirement = {}] = requirementsIn(paused)
  expect(requirement['user_input_schema']).toMatchObject([
    { name: 'message', description: 'What now?' },
  ])
  const user_input_schema = [{ name: 'message', value: 'go on' }]
  await team.continueRun(paused, [{ id: requirement['id'], user_input_schema }])
  expect(continued).toMatchObject([{ agent: 'message', message: 'go on' }])
})

test('arguments that a caller changes in an answer do not reach the tool', async () => {
  const { team } = await teamOf(['confirm'])
  const paused = await team.run('hello')
  const [requirement = {}] = requirementsIn(paused)
  const tool = { ...Object(requirement['tool_execution']), confirmed: true, tool_args: { n: 999 } }
  const output = await team.continueRun(paused, [{ ...requirement, tool_execution: tool }])
  expect((output['member_responses'] as Dict[])[0]?.['content']).toBe('confirm(paid {"n":5})')
})

test('a rejected delegation is not sent to the member again', async () => {
  const { team, runs, asked } = await teamOf(['confirm'], { maxTurns: 3 })
  const paused = await team.run('loop')
  const answers = requirementsIn(paused).map((one) => confirmed(one, false))
  const output = await team.continueRun(paused, answers)
  expect(output.status).toBe('COMPLETED')
  expect(runs).toHaveLength(1)
  const messages = asked().at(-1)?.['messages'] as Dict[] | undefined
  expect(messages?.at(-1)?.['content']).toContain('the user has rejected what confirm wants to do')
})

test('a run is continued once, by its own user, while it is paused', async () => {
  const { team } = await teamOf(['confirm'])
  const paused = await team.run('hello', { userId: 'ann' })
  const answers = requirementsIn(paused).map((one) => confirmed(one))
  const other = team.continueRun(paused, answers, { userId: 'bob' })
  await expect(other).rejects.toThrow(UnknownRun)
  const [first, second] = await Promise.allSettled([
    team.continueRun(paused, answers, { userId: 'ann' }),
    team.continueRun(paused, answers, { userId: 'ann' }),
  ])
  expect(first.status).toBe('fulfilled')
  expect(second).toMatchObject({ status: 'rejected', reason: expect.any(RunNotPaused) })
  await expect(team.continueRun('unknown', [])).rejects.toThrow(UnknownRun)
})

test('a team inside a team pauses and continues with it', async () => {
  const { team: inner, continued } = await teamOf(['confirm'])
  const chat = await startChatServer()
  const model = new OpenAiLeader({ baseUrl: `${chat.url}/v1`, model: 'fake' })
  const outer = new Team({ id: 'o', model, members: [inner] })
  const paused = await outer.run('hello')
  const [requirement = {}] = requirementsIn(paused)
  expect(requirement).toMatchObject({ member_agent_id: 'confirm' })
  const events = (await all(
    outer.continueRun(paused, [confirmed(requirement)], { stream: true }),
  )) as Event[]
  expect(names(events).filter((name) => name.includes('Run'))).toEqual([
    'RunStarted',
    'RunCompleted',
    'TeamRunContinued',
    'TeamRunContent',
    'TeamRunContent',
    'TeamRunContent',
    'TeamRunContentCompleted',
    'TeamRunCompleted',
    'TeamRunContinued',
    'TeamRunContent',
    'TeamRunContent',
    'TeamRunContent',
    'TeamRunContentCompleted',
    'TeamRunCompleted',
  ])
  expect(continued).toHaveLength(1)
})

test('a workflow pauses with a member of its team', async () => {
  const { team, continued } = await teamOf(['confirm'])
  const workflow = new Workflow({ id: 'w', steps: [step('ask', team)] })
  const paused = await workflow.run('hello')
  const [requirement = {}] = stepsIn(paused)
  expect(requirement).toMatchObject({ executor_type: 'team', executor_id: 't' })
  const executor_requirements = (requirement['executor_requirements'] as Dict[]).map((one) =>
    confirmed(one),
  )
  const output = await workflow.continueRun(paused, [{ ...requirement, executor_requirements }])
  expect(output.status).toBe('COMPLETED')
  expect(continued).toHaveLength(1)
})

test('parallel branches that pause are merged, and finished ones run once', async () => {
  const { workflow, runs, continued } = await workflowOf((member) => [
    parallel('both', [
      step('a', member('confirm')),
      step('b', member('echo')),
      step('c', member('confirm-b')),
    ]),
    step('last', member('echo')),
  ])
  const events = (await all(workflow.run('hello', { stream: true }))) as Event[]
  expect(names(events).slice(-2)).toEqual(['WorkflowPaused', 'WorkflowRunOutput'])
  const asked = stepsIn(events.at(-1) as Event)
  expect(asked.map((one) => one['step_name'])).toEqual(['a', 'c'])
  const answers = asked.map((one) => ({
    step_id: one['step_id'],
    executor_requirements: (one['executor_requirements'] as Dict[]).map((each) => confirmed(each)),
  }))
  const runId = String(events[0]?.['run_id'])
  const half = await workflow.continueRun(runId, answers.slice(0, 1))
  expect(stepsIn(half).map((one) => one['step_name'])).toEqual(['c'])
  const output = await workflow.continueRun(runId, answers.slice(1))
  expect(output.status).toBe('COMPLETED')
  expect(runs.map(({ agent: id }) => id).sort()).toEqual(['confirm', 'confirm-b', 'echo', 'echo'])
  expect(continued).toHaveLength(2)
  expect(String(output.content)).toContain('paid')
})

test.each([
  ['skip', 'COMPLETED', ['echo-b']],
  ['cancel', 'CANCELLED', []],
  ['retry', 'COMPLETED', ['echo', 'echo-b']],
] as const)('a rejected step with on_reject %s ends as %s', async (onReject, status, ran) => {
  const { workflow, runs } = await workflowOf((member) => [
    step('gate', member('echo'), { confirm: 'go?', onReject }),
    step('after', member('echo-b')),
  ])
  const paused = await workflow.run('hello')
  const [requirement = {}] = stepsIn(paused)
  const answer = { ...requirement, confirmed: false, rejection_feedback: 'shorter' }
  const output = await workflow.continueRun(paused, [answer])
  expect(output.status).toBe(status)
  expect(runs.map(({ agent: id }) => id)).toEqual(ran)
  if (onReject === 'retry') expect(runs[0]?.['message']).toContain('shorter')
})

test('a rejected condition with on_reject else runs its other branch', async () => {
  const { workflow, runs } = await workflowOf((member) => [
    condition('gate', 'true', [step('yes', member('echo'))], [step('no', member('echo-b'))], {
      confirm: 'go?',
      onReject: 'else',
    }),
  ])
  const paused = await workflow.run('hello')
  await workflow.continueRun(paused, [{ ...stepsIn(paused)[0], confirmed: false }])
  expect(runs.map(({ agent: id }) => id)).toEqual(['echo-b'])
})

test('a confirmation inside a parallel block is asked and answered', async () => {
  const { workflow, runs } = await workflowOf((member) => [
    parallel('both', [
      step('a', member('echo'), { confirm: 'a?' }),
      step('b', member('echo-b'), { confirm: 'b?' }),
    ]),
  ])
  const paused = await workflow.run('hello')
  expect(stepsIn(paused)).toHaveLength(2)
  expect(runs).toHaveLength(0)
  const answers = stepsIn(paused).map((one) => ({ ...one, confirmed: true }))
  expect((await workflow.continueRun(paused, answers)).status).toBe('COMPLETED')
  expect(runs).toHaveLength(2)
})

test.each([
  ['approve', 'COMPLETED', 1],
  ['skip', 'COMPLETED', 0],
  ['cancel', 'CANCELLED', 0],
] as const)('a late answer with on_timeout %s ends as %s', async (onTimeout, status, ran) => {
  const { workflow, runs } = await workflowOf((member) => [
    step('gate', member('echo'), { confirm: 'go?', confirmTimeoutMs: 1, onTimeout }),
  ])
  const paused = await workflow.run('hello')
  const isLate = () => Date.now() > Date.parse(String(stepsIn(paused)[0]?.['timeout_at']))
  await expect.poll(isLate).toBe(true)
  const output = await workflow.continueRun(paused, [])
  expect([output.status, runs.length]).toEqual([status, ran])
})

test('a step gets the values that its caller fills in, once they are valid', async () => {
  const fields = [{ name: 'to' }, { name: 'count', type: 'int', required: false } as const]
  const { workflow, runs } = await workflowOf((member) => [
    step('plain', member('echo'), { userInput: { message: 'Who?', fields } }),
    step('template', member('echo-b'), {
      input: 'for {{user_input.to}}',
      userInput: { fields: [{ name: 'to', allowed: ['ann'] }] },
    }),
  ])
  const first = await workflow.run('hello')
  expect(stepsIn(first)[0]).toMatchObject({ user_input_message: 'Who?', requires_user_input: true })
  const wrong = { ...stepsIn(first)[0], user_input: { to: 7 } }
  expect((await workflow.continueRun(first, [wrong])).status).toBe('PAUSED')
  const second = await workflow.continueRun(first, [{ ...wrong, user_input: { to: 'bob' } }])
  expect(second.status).toBe('PAUSED')
  expect(runs[0]?.['message']).toBe('hello\n\nUser preferences:\n- to: bob\n- count: ')
  const answer = { ...stepsIn(second)[0], user_input: { to: 'ann' } }
  expect((await workflow.continueRun(second, [answer])).status).toBe('COMPLETED')
  expect(runs[1]?.['message']).toBe('for ann')
})

test('a team pauses with the step of its member workflow', async () => {
  const { workflow, runs } = await workflowOf((member) => [
    step('gate', member('echo'), { confirm: 'go?' }),
  ])
  const chat = await startChatServer()
  const model = new OpenAiLeader({ baseUrl: `${chat.url}/v1`, model: 'fake' })
  const team = new Team({ id: 't', model, members: [workflow] })
  const paused = await team.run('hello')
  expect(requirementsIn(paused)[0]?.['tool_execution']).toMatchObject({
    tool_name: 'gate',
    requires_confirmation: true,
  })
  expect(runs).toHaveLength(0)
  const output = await team.continueRun(
    paused,
    requirementsIn(paused).map((one) => confirmed(one)),
  )
  expect(output.status).toBe('COMPLETED')
  expect(runs).toHaveLength(1)
})

test('a member that refuses to continue in the background continues with its connection', async () => {
  const { team, runs, continued } = await teamOf(['confirm-plain'])
  for (const session of ['a', 'b']) {
    const paused = await team.run('hello', { keepsMembers: true, sessionId: session })
    const answers = requirementsIn(paused).map((one) => confirmed(one))
    expect(await team.continueRun(paused, answers)).toMatchObject({ status: 'COMPLETED' })
  }
  expect(runs.map(({ background }) => background)).toEqual(['true', 'true'])
  expect(continued.map(({ background }) => background)).toEqual([undefined, undefined])
})
