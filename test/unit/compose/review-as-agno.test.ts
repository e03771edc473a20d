/** Output reviews and routes that the caller chooses, compared event by event with real Agno's. */
import { describe, expect, test } from 'vitest'
import { loop, router, step, Workflow } from '../../../src/index.ts'
import type { FakeUpstream } from '../../support/fake-upstream.ts'
import { all } from '../client/support.ts'
import type { Dict, Event } from './recordings.ts'
import { agent, comparable, playMembers, RELEASES, recording } from './recordings.ts'

/**
 * As in pause-as-agno.test.ts. In Agno, `step_input` of a reviewed step contains the step's own output, and a container has
 * other ids in its events, its output and its requirement.
 */
const DIFFERENT = [
  'step_id',
  // Agno counts no second route, so its limit has no effect.
  'retry_count',
  'model_provider_data',
  'session_state',
  'event_index',
  'metadata',
  'events',
  'step_executor_runs',
  'step_input',
]

const title = (id: string) => id.charAt(0).toUpperCase() + id.slice(1)
const named = (at: FakeUpstream, id: string) =>
  Object.defineProperty(agent(at, id), 'name', { value: title(id) })
const workflow = (id: string, steps: ConstructorParameters<typeof Workflow>[0]['steps']) =>
  new Workflow({ id, name: title(id), steps })

const ASKING = { review: 'good?', onReject: 'retry' } as const

const review = (at: FakeUpstream) =>
  workflow('review', [step('draft', named(at, 'zoe'), ASKING), step('after', named(at, 'abe'))])

const choose = (at: FakeUpstream) => {
  const choices = [step('left', named(at, 'bea')), step('right', named(at, 'cid'))]
  const pick = router('pick', choices, { choose: 'where?' })
  return workflow('choose', [pick, step('after', named(at, 'dot'))])
}

const detour = (at: FakeUpstream) => {
  const choices = [step('left', named(at, 'eli')), step('right', named(at, 'flo'))]
  const pick = router('pick', choices, () => 'left', ASKING)
  return workflow('detour', [pick, step('after', named(at, 'gil'))])
}

const refine = (at: FakeUpstream) => {
  const options = { maxIterations: 3, review: 'done?', onReject: 'retry' } as const
  const polish = loop('polish', [step('edit', named(at, 'hue'))], options)
  return workflow('refine', [polish, step('after', named(at, 'ivy'))])
}

/** A run and its continuations, by the middle of the recordings' names. */
const CASES = [
  ['an accepted output', review, 'review', 1],
  ['a changed output', review, 'review-edit', 1],
  ['a rejected and an accepted output', review, 'review-retry', 2],
  ['a chosen route', choose, 'choose', 1],
  ['a rejected, a chosen and an accepted route', detour, 'detour', 3],
] as const

function namesOf(name: string, continuations: number): string[] {
  const later = Array.from({ length: continuations }, (_, i) => (i === 0 ? '' : `-${i + 1}`))
  return [
    `workflow-${name}-pause-stream`,
    ...later.map((suffix) => `workflow-${name}-continue${suffix}-stream`),
  ]
}

/** Agno repeats the answered requirements before the open one, and counts no step of a paused run. */
function withOpenOnly(events: readonly Event[] = []): Event[] {
  return events.map((event) => ({
    ...event,
    event: event.event ?? 'WorkflowRunOutput',
    ...('step_requirements' in event && {
      step_requirements: (event['step_requirements'] as Dict[]).slice(-1),
    }),
    ...(event['status'] === 'PAUSED' && { metrics: undefined }),
  }))
}

function compare(given: readonly Event[], expected: readonly Event[]): void {
  const events = withOpenOnly(given)
  expect(events.map(({ event }) => event)).toEqual(expected.map(({ event }) => event))
  expect(comparable(events, DIFFERENT)).toEqual(comparable(expected, DIFFERENT))
}

/** The answer of a recorded continuation to the question of this run. */
function answerIn(fields: Readonly<Record<string, string>>, asked: Dict): Dict {
  const given = JSON.parse(fields['step_requirements'] ?? '[]') as Dict[]
  return { ...given.at(-1), step_id: asked['step_id'] }
}

function requirementIn(events: readonly Event[]): Dict {
  const paused = events.find(({ event }) => event === 'WorkflowPaused')
  const [only = {}] = (paused?.['step_requirements'] ?? []) as Dict[]
  return only
}

describe.each(RELEASES)('%s', (release) => {
  test.each(CASES)('%s sends the recorded events', async (_what, make, name, continuations) => {
    const [first, ...rest] = namesOf(name, continuations).map((each) => recording(release, each))
    const component = make(await playMembers(...[first, ...rest].flatMap((each) => each ?? [])))
    const { message = '', session_id: sessionId } = first?.request.fields ?? {}
    let events = (await all(component.run(message, { stream: true, sessionId }))) as Event[]
    compare(events, withOpenOnly(first?.events))
    const asked = requirementIn(events)
    expect(asked['step_id']).toMatch(/^[0-9a-f-]{36}$/)
    const runId = String(events[0]?.['run_id'])
    for (const { request, events: expected } of rest) {
      const answers = [answerIn(request.fields, requirementIn(events))]
      events = (await all(component.continueRun(runId, answers, { stream: true }))) as Event[]
      compare(events, withOpenOnly(expected))
    }
    expect(events.at(-1)?.event).toBe('WorkflowCompleted')
  })

  test('a reviewed iteration asks with the recorded event and requirement', async () => {
    const played = recording(release, 'workflow-refine-pause-stream')
    const component = refine(await playMembers(played))
    const { message = '', session_id: sessionId } = played.request.fields
    const events = (await all(component.run(message, { stream: true, sessionId }))) as Event[]
    compare(events, withOpenOnly(played.events))
  })

  test.each([
    [review, 'workflow-review-pause-whole'],
    [choose, 'workflow-choose-pause-whole'],
  ])('an unstreamed run gives the recorded output, case %#', async (make, name) => {
    const played = recording(release, name)
    const component = make(await playMembers(played))
    const { message = '', session_id: sessionId } = played.request.fields
    const output = await component.run(message, { sessionId })
    compare([output as Event], withOpenOnly([played.output as Event]))
  })
})
