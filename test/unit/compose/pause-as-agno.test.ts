/** Pauses of composed teams and workflows, compared event by event with real Agno's of local members. */
import { describe, expect, test } from 'vitest'
import { OpenAiLeader, step, Team, Workflow } from '../../../src/index.ts'
import { startChatServer } from '../../support/chat-server.ts'
import type { FakeUpstream } from '../../support/fake-upstream.ts'
import { all } from '../client/support.ts'
import type { Dict, Event, Recording } from './recordings.ts'
import { agent, comparable, playMembers, RELEASES, recording } from './recordings.ts'

/** Only in Agno, or of a member alone: see docs/composition.md. */
const DIFFERENT = [
  'model_provider_data',
  'session_state',
  'member_responses',
  'child_run_id',
  'parent_tool_call_id',
  'messages',
  'events',
  'event_index',
  'metadata',
  'step_executor_runs',
  'executor_session_id',
]

const title = (id: string) => id.charAt(0).toUpperCase() + id.slice(1)
const named = (at: FakeUpstream, id: string) =>
  Object.defineProperty(agent(at, id), 'name', { value: title(id) })

async function payers(at: FakeUpstream): Promise<Team> {
  const chat = await startChatServer()
  const model = new OpenAiLeader({ baseUrl: `${chat.url}/v1`, model: 'fake' })
  return new Team({ id: 'payers', name: 'Payers', model, members: [named(at, 'payer')] })
}

function asks(at: FakeUpstream): Workflow {
  const steps = [step('gate', named(at, 'payer2')), step('after', named(at, 'wes'))]
  return new Workflow({ id: 'asks', name: 'Asks', steps })
}

function confirms(at: FakeUpstream): Workflow {
  const gate = step('gate', named(at, 'xia'), { confirm: 'go?', onReject: 'skip' })
  return new Workflow({
    id: 'confirm',
    name: 'Confirm',
    steps: [gate, step('after', named(at, 'yan'))],
  })
}

/** The answers of a recorded request, with the ids of this run's requirements. */
function answersIn({ request }: Recording, key: string, asked: readonly Dict[]): Dict[] {
  const given = JSON.parse(request.fields[key] ?? '[]') as Dict[]
  return given.map((answer, i) => {
    const { id, member_run_id, step_id, executor_requirements } = asked[i] ?? {}
    const inner = executor_requirements as Dict[] | undefined
    const executor = (answer['executor_requirements'] as Dict[] | undefined)?.map((one, k) => {
      return { ...one, id: inner?.[k]?.['id'] }
    })
    return { ...answer, id, member_run_id, step_id, executor_requirements: executor }
  })
}

function compare(events: readonly Event[], expected: readonly Event[]): void {
  expect(events.map(({ event }) => event)).toEqual(expected.map(({ event }) => event))
  expect(comparable(events, DIFFERENT)).toEqual(comparable(expected, DIFFERENT))
}

/** AgentOS's last message of a paused workflow is no event: only its frame contains a name. */
function withName(events: readonly Event[] = []): Event[] {
  return events.map((event) => ({ ...event, event: event.event ?? 'WorkflowRunOutput' }))
}

const CASES = [
  ['team', 'team-pause-stream', 'team-continue-stream', payers, 'requirements'],
  [
    'workflow',
    'workflow-executor-pause-stream',
    'workflow-executor-continue-stream',
    asks,
    'step_requirements',
  ],
  [
    'workflow',
    'workflow-confirm-pause-stream',
    'workflow-confirm-continue-stream',
    confirms,
    'step_requirements',
  ],
] as const

describe.each(RELEASES)('%s', (release) => {
  test.each(CASES)(
    'a streamed %s sends the events of %s and then of %s',
    async (_kind, pause, next, make, key) => {
      const [before, after] = [recording(release, pause), recording(release, next)]
      const component = await make(await playMembers(before, after))
      const { message = '', session_id: sessionId } = before.request.fields
      const events = (await all(component.run(message, { stream: true, sessionId }))) as Event[]
      compare(events, withName(before.events))
      const asked = events.findLast((event) => key in event)
      const answers = answersIn(after, key, asked?.[key] as Dict[])
      const runId = String(events[0]?.['run_id'])
      const later = (await all(component.continueRun(runId, answers, { stream: true }))) as Event[]
      compare(later, withName(after.events))
    },
  )

  test('a team gives the outputs of team-pause-whole and team-reject-whole', async () => {
    const [before, after] = [
      recording(release, 'team-pause-whole'),
      recording(release, 'team-reject-whole'),
    ]
    const component = await payers(await playMembers(before, after))
    const { message = '', session_id: sessionId } = before.request.fields
    const paused = await component.run(message, { sessionId })
    // Agno counts the whole answer of a model as its first token.
    const left = [...DIFFERENT, 'content', 'result', 'time_to_first_token']
    expect(comparable(paused, left)).toEqual(comparable(before.output, left))
    expect(paused.content).toBe(before.output?.['content'])
    const answers = answersIn(after, 'requirements', paused['requirements'] as Dict[])
    const output = await component.continueRun(paused, answers)
    // 2.9.0 puts the member's tool calls in place of the team's.
    if (release === 'agno-2.9.0') left.push('tools')
    expect(comparable(output, left)).toEqual(comparable(after.output, left))
    expect(String(output.content).trim()).toBe('You said: pay now')
  })

  test('a workflow gives the output of workflow-confirm-pause-whole', async () => {
    const played = recording(release, 'workflow-confirm-pause-whole')
    const component = confirms(await playMembers(played))
    const { message = '', session_id: sessionId } = played.request.fields
    const output = await component.run(message, { sessionId })
    expect(comparable(output, [...DIFFERENT, 'duration'])).toEqual(
      comparable(played.output, [...DIFFERENT, 'duration']),
    )
  })
})
