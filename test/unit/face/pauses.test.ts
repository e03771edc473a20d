/** Tests how paused runs are read, described, answered and continued, with recorded and handwritten pauses. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ComponentKind } from '../../../config/types.ts'
import { runEvent } from '../../../src/client/run-events.ts'
import { answeredRequirements, continuationForm } from '../../../src/face/continuation.ts'
import type { Pause } from '../../../src/face/pause.ts'
import { pauseIn } from '../../../src/face/pause.ts'
import type { Answer, PendingCall } from '../../../src/face/pending-call.ts'
import { answerSchema, answerTo } from '../../../src/face/pending-call.ts'
import { EventStreamParser } from '../../../src/relay/event-stream-parser.ts'

type Dict = Record<string, unknown>

const IDS = { runId: 'r', sessionId: 's' }
const FOLDER = new URL('../../fixtures/runs/', import.meta.url)

const ACCEPTED: Answer = { kind: 'confirmation', accepted: true, note: undefined }

/** The pause in the last event of a given type in a recorded stream. */
function recordedPause(kind: ComponentKind, file: string, type: string): Pause {
  const raw = new EventStreamParser().push(readFileSync(new URL(file, FOLDER)))
  const event = raw
    .map((each) => runEvent(each) as unknown as Dict)
    .find((e) => e['event'] === type)
  return pauseIn(kind, event ?? {}, IDS)
}

/** A pause of an agent that waits for one tool. */
function toolPause(tool: Dict, more: Dict = {}): Pause {
  const tool_execution = { tool_call_id: 'c', tool_name: 'pay', ...tool }
  return pauseIn('agents', { requirements: [{ id: 'q', ...more, tool_execution }] }, IDS)
}

/** A pause of a workflow that waits for one step. */
function stepPause(step: Dict): Pause {
  const step_requirements = [{ step_id: 'p', step_name: 'gate', ...step }]
  return pauseIn('workflows', { step_requirements }, IDS)
}

function callOf({ calls }: Pause): PendingCall {
  expect(calls).toHaveLength(1)
  return calls[0] as PendingCall
}

function answeredWith(pause: Pause, answer: Answer): Dict {
  return answeredRequirements(pause, new Map([[callOf(pause).id, answer]]))[0] as Dict
}

async function fieldsOf(pause: Pause, answer: Answer): Promise<URLSearchParams> {
  const form = continuationForm(pause, new Map([[callOf(pause).id, answer]]), { user_id: 'u' })
  return new URLSearchParams((await form.encode()).body.toString())
}

const INPUT_SCHEMA = [
  { name: 'to', field_type: 'str', description: 'Who', value: null },
  { name: 'amount', field_type: 'int', value: 5 },
  { name: 'speed', field_type: 'other', allowed_values: ['slow', 'fast'], required: false },
  { description: 'without a name' },
]
const inputPause = () =>
  toolPause({ requires_user_input: true, user_input_schema: structuredClone(INPUT_SCHEMA) })

const QUESTIONS = [
  { question: 'Colour?', options: [{ label: 'red', description: 'warm' }, { label: 'blue' }, {}] },
  { question: 'Sizes?', options: [{ label: 'S' }, { label: 'M' }], multi_select: true },
  { question: 'Why?' },
  { options: [] },
]
const feedbackPause = () => toolPause({ user_feedback_schema: structuredClone(QUESTIONS) })
const externalPause = () => toolPause({ external_execution_required: true })
const confirmationPause = () => toolPause({ requires_confirmation: true, confirmed: null })

const BAD_REQUEST = expect.objectContaining({ code: 'AGW_BAD_REQUEST' })

describe.each(['2.9.0', '3.1.10'])('recorded pauses of AgentOS %s', (release) => {
  test.each([
    ['agents', 'agent-pause', 'RunPaused', 'tools'],
    ['teams', 'team-pause', 'TeamRunPaused', 'requirements'],
    ['workflows', 'workflow-confirm-pause', 'WorkflowPaused', 'step_requirements'],
    ['workflows', 'workflow-executor-pause', 'WorkflowPaused', 'step_requirements'],
  ] as const)(
    'a confirmed %s pause in %s continues from %s with %s',
    async (kind, file, type, field) => {
      const pause = recordedPause(kind, `${file}-${release}.sse`, type)
      expect(callOf(pause).kind).toBe('confirmation')
      const fields = await fieldsOf(pause, ACCEPTED)
      expect(fields.get(field)).toContain('"confirmed":true')
      expect(fields.get('session_id')).toBe('s')
      expect(fields.get('user_id')).toBe('u')
      expect(fields.get('stream')).toBe('true')
      expect(JSON.stringify(pause.requirements)).not.toContain('"confirmed":true')
    },
  )
})

describe('open calls', () => {
  test('a tool call is read with its name, arguments and member', () => {
    const tool = { requires_confirmation: true, tool_args: { a: 1 }, approval_type: 'required' }
    expect(callOf(toolPause(tool, { member_agent_name: 'Payer' }))).toEqual({
      id: 'c',
      kind: 'confirmation',
      name: 'pay',
      args: { a: 1 },
      message: 'May pay run?',
      fields: [],
      questions: [],
      needsApproval: true,
      member: 'Payer',
    })
  })

  test('a call without an id takes the id of its requirement', () => {
    expect(callOf(toolPause({ tool_call_id: '', requires_confirmation: true })).id).toBe('q')
  })

  test('a call without any id and name is named tool', () => {
    const tools = [{ requires_confirmation: true }]
    const call = callOf(pauseIn('agents', { tools }, IDS))
    expect([call.id, call.name]).toEqual(['tool', 'tool'])
  })

  test('the second call with an equal id takes its requirement id', () => {
    const tool_execution = { tool_call_id: 'c', requires_confirmation: true }
    const requirements = [
      { id: 'q1', tool_execution },
      { id: 'q2', tool_execution },
    ]
    const pause = pauseIn('teams', { requirements }, IDS)
    expect(pause.calls.map(({ id }) => id)).toEqual(['c', 'q2'])
    const answers = new Map<string, Answer>([
      ['c', ACCEPTED],
      ['q2', { ...ACCEPTED, accepted: false }],
    ])
    const answered = answeredRequirements(pause, answers)
    expect(answered.map((each) => each['confirmation'])).toEqual([true, false])
  })

  test.each([
    ['was answered', { requires_user_input: true, answered: true }],
    ['has a result', { external_execution_required: true, result: 'done' }],
    ['was confirmed', { requires_confirmation: true, confirmed: false }],
    ['waits for nothing', {}],
  ])('a tool call that %s is not an open call', (_, tool) => {
    expect(toolPause(tool).calls).toEqual([])
  })

  test('a requirement without a tool is not an open call', () => {
    expect(pauseIn('agents', { requirements: [{ id: 'q' }, 'text'] }, IDS).calls).toEqual([])
  })

  test('the kind of a call decides the message for the user', () => {
    const pauses = [inputPause(), feedbackPause(), externalPause()]
    expect(pauses.map((pause) => callOf(pause).message)).toEqual([
      'pay needs input',
      'pay asks a question',
      'The caller must run pay',
    ])
  })

  test.each([
    ['user_feedback', { requires_route_selection: true }, 'Which way does gate go?'],
    ['user_feedback', { requires_route_selection: true, user_input_message: 'Where?' }, 'Where?'],
    ['user_input', { requires_user_input: true }, 'gate needs input'],
    ['user_input', { requires_user_input: true, user_input_message: 'Fill' }, 'Fill'],
    ['confirmation', { requires_output_review: true }, 'Is the output of gate right?'],
    ['confirmation', { requires_output_review: true, output_review_message: 'Ok?' }, 'Ok?'],
    ['confirmation', { requires_confirmation: true }, 'May gate run?'],
    ['confirmation', { requires_confirmation: true, confirmation_message: 'Go?' }, 'Go?'],
  ])('a step waits for %s when it has %j and asks %s', (kind, step, message) => {
    expect(callOf(stepPause(step))).toMatchObject({ id: 'p', name: 'gate', kind, message })
  })

  test('a reviewed output is the argument of its call', () => {
    const step = { requires_output_review: true, step_output: { content: 'a draft' } }
    expect(callOf(stepPause(step)).args).toEqual({ output: 'a draft' })
  })

  test.each([
    ['a choice', { requires_route_selection: true, selected_choices: ['a'] }],
    ['input', { requires_user_input: true, user_input: {} }],
    ['a confirmation', { requires_confirmation: true, confirmed: true }],
    ['no question', {}],
  ])('a step that already has %s is not an open call', (_, step) => {
    expect(stepPause(step).calls).toEqual([])
  })

  test('a step without an id and a name is named step', () => {
    const step = { step_id: null, step_name: null, requires_confirmation: true }
    expect(callOf(stepPause(step))).toMatchObject({ id: 'step', name: 'step' })
  })
})

describe('answers', () => {
  test.each([
    ['{"accepted": true}', true, undefined],
    [{ accepted: false, note: 'no' }, false, 'no'],
    [true, true, undefined],
    ['false', false, undefined],
  ])('the confirmation %j is read as accepted: %s with note %s', (given, accepted, note) => {
    const answer = answerTo(callOf(confirmationPause()), given)
    expect(answer).toEqual({ kind: 'confirmation', accepted, note })
  })

  test.each([[{}], ['yes'], ['"true"'], [null], [{ accepted: 1 }]])(
    'the confirmation %j never counts as an accepted answer',
    (given) => {
      expect(() => answerTo(callOf(confirmationPause()), given)).toThrow(BAD_REQUEST)
    },
  )

  test('the result of an external execution may be any value', () => {
    const call = callOf(externalPause())
    const results = ['not JSON', { a: 1 }, undefined].map((given) => answerTo(call, given, true))
    expect(results).toEqual(
      ['not JSON', '{"a":1}', 'null'].map((result) => ({
        kind: 'external_execution',
        result,
        isError: true,
      })),
    )
  })

  test('the values of a user input may omit optional and filled fields', () => {
    const answer = answerTo(callOf(inputPause()), { values: { to: 'Ann' } })
    expect(answer).toEqual({ kind: 'user_input', values: { to: 'Ann' } })
  })

  test.each([[{}], [[]], ['text'], [{ values: {} }], [{ values: { to: 'Ann', speed: 'warp' } }]])(
    'the user input %j is refused as incomplete or not allowed',
    (given) => {
      expect(() => answerTo(callOf(inputPause()), given)).toThrow(BAD_REQUEST)
    },
  )

  test('the selections of a question may be one label or several', () => {
    const selections = { 'Colour?': 'red', 'Sizes?': ['S', 'M'], 'Why?': ['any text'] }
    expect(answerTo(callOf(feedbackPause()), { selections })).toEqual({
      kind: 'user_feedback',
      selections: { ...selections, 'Colour?': ['red'] },
    })
  })

  test.each([
    ['missing', undefined],
    ['not an option', 'green'],
    ['empty', []],
    ['more than one', ['red', 'blue']],
  ])('the selection of a single choice is refused when it is %s', (_, chosen) => {
    const selections = { 'Colour?': chosen, 'Sizes?': 'S', 'Why?': 'x' }
    expect(() => answerTo(callOf(feedbackPause()), { selections })).toThrow(BAD_REQUEST)
  })

  test('an answer without selections is refused for a question', () => {
    expect(() => answerTo(callOf(feedbackPause()), {})).toThrow(BAD_REQUEST)
  })
})

describe('schemas of answers', () => {
  test('an external execution accepts any text as its result', () => {
    expect(answerSchema(callOf(externalPause()))).toEqual({ type: 'string' })
  })

  test('a confirmation requires a boolean and allows a note', () => {
    expect(answerSchema(callOf(confirmationPause()))).toEqual({
      type: 'object',
      properties: { accepted: { type: 'boolean' }, note: { type: 'string' } },
      required: ['accepted'],
    })
  })

  test('a user input requires the fields that have no value', () => {
    const properties = {
      to: { type: 'string', description: 'Who' },
      amount: { type: 'integer', default: 5 },
      speed: { type: 'string', enum: ['slow', 'fast'] },
    }
    expect(answerSchema(callOf(inputPause()))).toEqual({
      type: 'object',
      properties: { values: { type: 'object', properties, required: ['to'] } },
      required: ['values'],
    })
  })

  test('a user feedback limits each question to its options', () => {
    const choice = (items: object, more = {}) => ({ type: 'array', items, minItems: 1, ...more })
    const properties = {
      'Colour?': choice({ type: 'string', enum: ['red', 'blue'] }, { maxItems: 1 }),
      'Sizes?': choice({ type: 'string', enum: ['S', 'M'] }),
      'Why?': choice({ type: 'string' }, { maxItems: 1 }),
    }
    const required = Object.keys(properties)
    expect(answerSchema(callOf(feedbackPause()))).toEqual({
      type: 'object',
      properties: { selections: { type: 'object', properties, required } },
      required: ['selections'],
    })
  })
})

describe('continuations', () => {
  test('a call without an answer is refused before the run continues', () => {
    const pause = confirmationPause()
    const detail = "The run waits for more answers: 'pay' (c)"
    expect(() => continuationForm(pause, new Map())).toThrow(expect.objectContaining({ detail }))
  })

  test.each([['no'], [undefined]])('a refused tool call takes the note %s', (note) => {
    const answered = answeredWith(confirmationPause(), {
      ...ACCEPTED,
      accepted: false,
      note,
    } as Answer)
    const confirmation_note = note ?? null
    expect(answered).toMatchObject({ confirmation: false, confirmation_note })
    expect(answered['tool_execution']).toMatchObject({ confirmed: false, confirmation_note })
  })

  test('a user input fills in only the fields that it names', () => {
    const answered = answeredWith(inputPause(), { kind: 'user_input', values: { to: 'Ann' } })
    const tool = answered['tool_execution'] as Dict
    expect(tool['answered']).toBe(true)
    expect((tool['user_input_schema'] as Dict[]).map((each) => each['value'])).toEqual([
      'Ann',
      5,
      undefined,
      undefined,
    ])
  })

  test('a user feedback marks the chosen options of each question', () => {
    const selections = { 'Colour?': ['red'], 'Why?': ['so'] }
    const answered = answeredWith(feedbackPause(), { kind: 'user_feedback', selections })
    const tool = answered['tool_execution'] as Dict
    const [colour, sizes, why] = tool['user_feedback_schema'] as Dict[]
    expect(tool['answered']).toBe(true)
    expect(colour).toMatchObject({
      selected_options: ['red'],
      options: [{ label: 'red', selected: true }, { label: 'blue', selected: false }, {}],
    })
    expect(sizes).toEqual(QUESTIONS[1])
    expect(why).toEqual({ question: 'Why?', selected_options: ['so'] })
  })

  test.each([true, undefined])('an external result is filled in with error %s', (failed) => {
    const answer: Answer = { kind: 'external_execution', result: 'x', isError: failed === true }
    const answered = answeredWith(externalPause(), answer)
    expect(answered['external_execution_result']).toBe('x')
    const tool = answered['tool_execution'] as Dict
    expect([tool['result'], tool['tool_call_error']]).toEqual(['x', failed])
  })

  test.each<[Answer, Dict, Dict]>([
    [ACCEPTED, { requires_confirmation: true }, { confirmed: true }],
    [
      { kind: 'confirmation', accepted: false, note: 'no' },
      { requires_output_review: true },
      { confirmed: false, rejection_feedback: 'no' },
    ],
    [
      { kind: 'user_input', values: { to: 'Ann' } },
      { requires_user_input: true, user_input_schema: [{ name: 'to' }] },
      { user_input: { to: 'Ann' }, user_input_schema: [{ name: 'to', value: 'Ann' }] },
    ],
    [
      { kind: 'user_feedback', selections: { q: ['a', 'b'] } },
      { requires_route_selection: true, available_choices: ['a', 'b'] },
      { selected_choices: ['a', 'b'] },
    ],
  ])('the answer %j is filled into the step itself', (answer, step, filled) => {
    expect(answeredWith(stepPause(step), answer)).toMatchObject(filled)
  })
})
