/** Tests how MCP clients answer paused runs: by forms, and by requirements with the answers filled in. */
import { describe, expect, test } from 'vitest'
import { elicitationsOf, elicitedAnswers } from '../../../../src/face/mcp/elicitation.ts'
import {
  answersInRequirements,
  pauseInRequirements,
} from '../../../../src/face/mcp/requirement-answers.ts'
import { pausedAnswer } from '../../../../src/face/mcp/run-answer.ts'
import { pauseIn } from '../../../../src/face/pause.ts'

type Dict = Record<string, unknown>

const IDS = { runId: 'r', sessionId: 's' }
const CONFIRMATION = {
  id: 'q1',
  tool_execution: {
    tool_call_id: 'c1',
    tool_name: 'pay',
    tool_args: { to: 'x' },
    requires_confirmation: true,
  },
}
const FIELDS = [
  { name: 'to', field_type: 'str', description: 'Who', value: null },
  { name: 'amount', field_type: 'int', value: 5 },
  { name: 'tags', field_type: 'list', value: null, required: false },
  { name: 'speed', field_type: 'int', allowed_values: [1, 2], value: null },
]
const INPUT = {
  id: 'q2',
  tool_execution: {
    tool_call_id: 'c2',
    tool_name: 'greet',
    requires_user_input: true,
    user_input_schema: FIELDS,
  },
  user_input_schema: FIELDS,
}
const QUESTIONS = [
  { question: 'Which?', options: [{ label: 'a', description: 'A' }, { label: 'b' }] },
  { question: 'What?', options: [{ label: 'c' }, { label: 'd' }], multi_select: true },
]
const FEEDBACK = {
  id: 'q3',
  tool_execution: {
    tool_call_id: 'c3',
    tool_name: 'ask',
    requires_user_input: true,
    user_feedback_schema: QUESTIONS,
  },
  user_feedback_schema: QUESTIONS,
}
const OUTSIDE = {
  id: 'q4',
  tool_execution: { tool_call_id: 'c4', tool_name: 'clock', external_execution_required: true },
}
const pauseOf = (...requirements: Dict[]) => pauseIn('agents', { requirements }, IDS)

describe('forms', () => {
  test('A form asks for a boolean, for fields and for choices', () => {
    const forms = elicitationsOf(pauseOf(CONFIRMATION, INPUT, FEEDBACK))
    expect(forms?.get('c1')).toMatchObject({
      message: 'May pay run?\n{"to":"x"}',
      requestedSchema: { properties: { accepted: { type: 'boolean' } }, required: ['accepted'] },
    })
    expect(forms?.get('c2')?.requestedSchema).toEqual({
      type: 'object',
      properties: {
        to: { type: 'string', title: 'to', description: 'Who' },
        amount: { type: 'integer', title: 'amount', default: 5 },
        tags: { type: 'string', title: 'tags', description: 'tags (JSON)' },
        speed: { type: 'string', title: 'speed', enum: ['1', '2'] },
      },
      required: ['to', 'speed'],
    })
    expect(forms?.get('c3')?.requestedSchema['properties']).toEqual({
      question_1: { type: 'string', enum: ['a', 'b'], title: 'Which?', description: 'a: A' },
      question_2: {
        type: 'array',
        title: 'What?',
        items: { type: 'string', enum: ['c', 'd'] },
        minItems: 1,
      },
    })
  })

  test.each([
    ['a tool of the client', OUTSIDE],
    [
      'an approval',
      { tool_execution: { ...CONFIRMATION.tool_execution, approval_type: 'required' } },
    ],
  ])('No form can answer %s', (_what, requirement) => {
    expect(elicitationsOf(pauseOf(CONFIRMATION, requirement))).toBeUndefined()
  })

  test('The content of accepted forms becomes answers', () => {
    const answers = elicitedAnswers(pauseOf(CONFIRMATION, INPUT, FEEDBACK), {
      c1: { action: 'accept', content: { accepted: true } },
      c2: { action: 'accept', content: { to: 'Ada', tags: '["x"]', speed: '2' } },
      c3: { action: 'accept', content: { question_1: 'a', question_2: ['c', 'd'] } },
    })
    expect(answers?.get('c1')).toMatchObject({ accepted: true })
    expect(answers?.get('c2')).toMatchObject({ values: { to: 'Ada', tags: ['x'], speed: 2 } })
    expect(answers?.get('c3')).toMatchObject({
      selections: { 'Which?': ['a'], 'What?': ['c', 'd'] },
    })
  })

  test('A declined confirmation refuses the tool', () => {
    const answers = elicitedAnswers(pauseOf(CONFIRMATION), { c1: { action: 'decline' } })
    expect(answers?.get('c1')).toMatchObject({ accepted: false })
  })

  test.each([
    ['no response', {}],
    ['a closed form', { c2: { action: 'cancel' } }],
    ['a declined question', { c2: { action: 'decline' } }],
    ['anything else', { c2: 'yes' }],
  ])('After %s the run still waits', (_what, responses) => {
    expect(elicitedAnswers(pauseOf(INPUT), responses)).toBeUndefined()
  })

  test.each([
    [CONFIRMATION, 'c1', {}],
    [CONFIRMATION, 'c1', { accepted: 'yes' }],
    [INPUT, 'c2', { to: 'Ada', speed: '3' }],
    [FEEDBACK, 'c3', { question_1: 'z', question_2: ['c'] }],
  ])('Content that does not fit its form is refused', (requirement, id, content) => {
    const answer = () =>
      elicitedAnswers(pauseOf(requirement), { [id]: { action: 'accept', content } })
    expect(answer).toThrow(expect.objectContaining({ code: 'AGW_BAD_REQUEST' }))
  })
})

describe('requirements with answers', () => {
  const filled = [
    { ...CONFIRMATION, confirmation: false, confirmation_note: 'no' },
    {
      ...INPUT,
      user_input_schema: [
        { name: 'to', value: 'Ada' },
        { name: 'speed', value: 1 },
      ],
    },
    {
      ...FEEDBACK,
      user_feedback_schema: [
        { question: 'Which?', selected_options: ['b'] },
        { question: 'What?', options: [{ label: 'c', selected: true }, { label: 'd' }] },
      ],
    },
    { ...OUTSIDE, external_execution_result: 'noon' },
  ]
  const expected = {
    c1: { kind: 'confirmation', accepted: false, note: 'no' },
    c2: { kind: 'user_input', values: { to: 'Ada', amount: 5, speed: 1 } },
    c3: { kind: 'user_feedback', selections: { 'Which?': ['b'], 'What?': ['c'] } },
    c4: { kind: 'external_execution', result: 'noon', isError: false },
  }

  test('Answers of all four kinds are read', () => {
    const answers = answersInRequirements(pauseOf(CONFIRMATION, INPUT, FEEDBACK, OUTSIDE), filled)
    expect(Object.fromEntries(answers)).toEqual(expected)
  })

  test('A caller that may not read the run answers its requirements alone', () => {
    const pause = pauseInRequirements('agents', filled, IDS)
    expect(pause.calls.map(({ id }) => id)).toEqual(['c1', 'c2', 'c3', 'c4'])
    expect(Object.fromEntries(answersInRequirements(pause, filled))).toEqual(expected)
  })

  test('Answers in the tool execution count as answers', () => {
    const given = [
      { tool_execution: { tool_call_id: 'c1', confirmed: true } },
      { tool_execution: { tool_call_id: 'c4', result: 'x', tool_call_error: true } },
    ]
    const answers = answersInRequirements(pauseOf(CONFIRMATION, OUTSIDE), given)
    expect(answers.get('c1')).toMatchObject({ accepted: true })
    expect(answers.get('c4')).toMatchObject({ result: 'x', isError: true })
  })

  test('Requirements without answers and of other calls are left out', () => {
    const given = [CONFIRMATION, INPUT, FEEDBACK, { ...OUTSIDE, id: 'other', tool_execution: {} }]
    const withoutValues = {
      ...INPUT,
      user_input_schema: [],
      tool_execution: { ...INPUT.tool_execution, user_input_schema: [] },
    }
    const answers = answersInRequirements(pauseOf(CONFIRMATION, FEEDBACK, OUTSIDE), [
      ...given.filter((each) => each !== INPUT),
      withoutValues,
    ])
    expect(answers.size).toBe(0)
  })

  test('Steps of a workflow and their executors are answered', () => {
    const step = { step_id: 'p', step_name: 'gate' }
    const source = {
      step_requirements: [
        { ...step, requires_confirmation: true },
        { step_id: 'u', requires_user_input: true, user_input_schema: [{ name: 'x' }] },
        { step_id: 'w', requires_route_selection: true, available_choices: ['a', 'b'] },
        { step_id: 'e', requires_executor_input: true, executor_requirements: [CONFIRMATION] },
      ],
    }
    const pause = pauseIn('workflows', source, IDS)
    const answers = answersInRequirements(pause, [
      { ...step, confirmed: true },
      { step_id: 'u', user_input: { x: '1' } },
      { step_id: 'w', selected_choices: ['b'] },
      {
        step_id: 'e',
        requires_executor_input: true,
        executor_requirements: [{ ...CONFIRMATION, confirmation: true }],
      },
    ])
    expect(Object.fromEntries(answers)).toEqual({
      p: { kind: 'confirmation', accepted: true, note: undefined },
      u: { kind: 'user_input', values: { x: '1' } },
      w: { kind: 'user_feedback', selections: { 'Which way does step go?': ['b'] } },
      c1: { kind: 'confirmation', accepted: true, note: undefined },
    })
    const again = pauseInRequirements(
      'workflows',
      [
        {
          step_id: 'e',
          requires_executor_input: true,
          executor_requirements: [{ ...CONFIRMATION, confirmation: true }],
        },
      ],
      IDS,
    )
    expect(again.calls.map(({ id }) => id)).toEqual(['c1'])
  })
})

test('A pause without a message counts its requirements and names an approval', () => {
  const approval = { tool_execution: { ...CONFIRMATION.tool_execution, approval_type: 'required' } }
  const { content } = pausedAnswer({ kind: 'agents', id: 'x' }, pauseOf(approval), '')
  expect(content).toEqual([
    {
      type: 'text',
      text: 'Run paused: 1 requirement(s) awaiting resolution. An administrator has to approve it first.',
    },
  ])
})
