/** Tests how messages of the OpenAI faces are read, which of them are sent, and how they answer a pause. */
import { describe, expect, test } from 'vitest'
import { dataUrl } from '../../../src/face/base64.ts'
import { answerInWords, answersFor, toolAnswers } from '../../../src/face/openai/answers.ts'
import type { MessageContent } from '../../../src/face/openai/message-content.ts'
import { contentOf } from '../../../src/face/openai/message-content.ts'
import {
  CONFIRM_TOOL,
  functionCalls,
  INPUT_TOOL,
  pauseText,
  referenceIn,
  requirementsOf,
  toolCallId,
} from '../../../src/face/openai/pause-calls.ts'
import type { Turn } from '../../../src/face/openai/turns.ts'
import { conversationOf, planFor, withTranscript } from '../../../src/face/openai/turns.ts'
import type { Pause } from '../../../src/face/pause.ts'
import type { PendingCall } from '../../../src/face/pending-call.ts'

const BAD_REQUEST = expect.objectContaining({ code: 'AGW_BAD_REQUEST' })
const STILL_PAUSED = expect.objectContaining({ code: 'AGW_SESSION_PAUSED' })
const BASE64 = Buffer.from('a,b').toString('base64')

function said(text: string): MessageContent {
  return { text, images: [], audio: [], files: [] }
}

function turn(role: Turn['role'], text: string): Turn {
  return { role, content: said(text) }
}

function callOf(given: Partial<PendingCall> = {}): PendingCall {
  return {
    id: 'c1',
    kind: 'confirmation',
    name: 'pay',
    args: { amount: 5 },
    message: 'May pay run?',
    fields: [],
    questions: [],
    needsApproval: false,
    member: undefined,
    ...given,
  }
}

function pauseOf(...calls: PendingCall[]): Pause {
  return { kind: 'agents', runId: 'r1', sessionId: 's1', calls, requirements: [] }
}

const CITY = {
  name: 'city',
  type: 'str',
  description: 'Where to',
  value: undefined,
  allowed: undefined,
  isRequired: true,
}
const INPUT = callOf({ kind: 'user_input', message: 'pay needs input', args: {}, fields: [CITY] })
const FEEDBACK = callOf({
  kind: 'user_feedback',
  message: 'pay asks a question',
  args: {},
  questions: [
    {
      question: 'Which way?',
      options: [
        { label: 'Left', description: undefined },
        { label: 'Right', description: undefined },
      ],
      multiple: false,
    },
  ],
})
const EXTERNAL = callOf({ kind: 'external_execution' })

describe('message content', () => {
  test.each([undefined, null])('content of %s is empty text without any media', (content) => {
    expect(contentOf(content)).toEqual(said(''))
  })

  test('text parts of every type are joined by line breaks', () => {
    const parts = [
      'one',
      { type: 'text', text: 'two' },
      { type: 'input_text', text: '' },
      { type: 'output_text', text: 'three' },
      { type: 'refusal', refusal: 'no' },
    ]
    expect(contentOf(parts)).toEqual(said('one\ntwo\nthree\nno'))
    expect(contentOf('plain')).toEqual(said('plain'))
  })

  test('images are read from addresses and from data URLs', () => {
    const { images } = contentOf([
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'image_url', image_url: 'HTTP://example.com/b.png' },
      { type: 'input_image', image_url: `data:image/png;base64,${BASE64}` },
    ])
    expect(images).toEqual([
      { url: 'https://example.com/a.png' },
      { url: 'HTTP://example.com/b.png' },
      { content: BASE64, mimeType: 'image/png' },
    ])
  })

  test('sound without a format is taken to be WAV', () => {
    const { audio } = contentOf([
      { type: 'input_audio', input_audio: { data: BASE64 } },
      { type: 'input_audio', input_audio: { data: BASE64, format: 'mp3' } },
    ])
    expect(audio).toEqual([
      { content: BASE64, format: 'wav', mimeType: 'audio/wav' },
      { content: BASE64, format: 'mp3', mimeType: 'audio/mp3' },
    ])
  })

  test.each([
    ['a.CSV', BASE64, 'text/csv'],
    ['a.unknown', BASE64, 'application/octet-stream'],
    [undefined, BASE64, 'application/octet-stream'],
    ['a.csv', `data:text/plain;charset=utf-8;base64,${BASE64}`, 'text/plain'],
  ])('a file named %s with data %s has the type %s', (filename, data, mimeType) => {
    const { files } = contentOf([{ type: 'file', file: { filename, file_data: data } }])
    expect(files).toEqual([{ content: new Uint8Array(Buffer.from('a,b')), filename, mimeType }])
  })

  test('a file with a URL is forwarded as URL', () => {
    const part = { type: 'input_file', filename: 'a.pdf', file_url: 'https://example.com/a.pdf' }
    expect(contentOf([part]).files).toEqual([
      { url: 'https://example.com/a.pdf', filename: 'a.pdf' },
    ])
  })

  test.each([
    [7],
    [[7]],
    [[{ type: 'video' }]],
    [[{ type: 'text', text: 7 }]],
    [[{ type: 'image_url', image_url: { url: '' } }]],
    [[{ type: 'image_url', image_url: 'file:///etc/passwd' }]],
    [[{ type: 'input_image', file_id: 'f1' }]],
    [[{ type: 'input_audio', input_audio: 'x' }]],
    [[{ type: 'file', file: { file_id: 'f1' } }]],
    [[{ type: 'file', file: 'x' }]],
    [[{ type: 'input_file', file_url: 'ftp://example.com/a' }]],
  ])('content %j cannot be sent on and is refused', (content) => {
    expect(() => contentOf(content)).toThrow(BAD_REQUEST)
  })

  test('a data URL without a type is plain text', () => {
    expect(dataUrl('data:;base64,YQ==')).toEqual({ base64: 'YQ==', mimeType: 'text/plain' })
    expect(dataUrl('data:text/plain,a')).toBeUndefined()
  })
})

describe('turns', () => {
  const TOLD = [
    turn('system', 'Be brief'),
    turn('user', 'one'),
    turn('assistant', 'two'),
    turn('system', 'Be kind'),
    turn('user', 'three'),
    turn('user', 'four'),
  ]

  test('a conversation is divided after the last answer', () => {
    const { system, earlier, current, toolTurns } = conversationOf(TOLD)
    expect(system).toBe('Be brief\n\nBe kind')
    expect(earlier).toEqual([TOLD[1], TOLD[2]])
    expect(current.text).toBe('three\n\nfour')
    expect(toolTurns).toEqual([])
  })

  test('tool messages count as answers only at the end', () => {
    const answered = [turn('assistant', ''), turn('tool', 'done')]
    expect(conversationOf(answered).toolTurns).toEqual([answered[1]])
    expect(conversationOf([...answered, turn('user', 'next')]).toolTurns).toEqual([])
  })

  test('a new session gets the earlier messages as a transcript', () => {
    expect(withTranscript(conversationOf(TOLD))).toBe(
      'The conversation so far:\n\nUser: one\n\nAssistant: two\n\nUser: three\n\nfour',
    )
    expect(withTranscript(conversationOf([turn('user', 'one')]))).toBe('one')
  })

  test.each([
    [undefined, 'transcript'],
    [{ inputs: undefined }, 'continue'],
    [{ inputs: [] }, 'transcript'],
    [{ inputs: ['zero', 'one'] }, 'continue'],
    [{ inputs: ['edited'] }, 'branch'],
  ])('a conversation goes to a session with %j as %s', (remembered, plan) => {
    expect(planFor(conversationOf(TOLD), remembered)).toBe(plan)
  })

  test('a single message always continues the stored session', () => {
    expect(planFor(conversationOf([turn('user', 'new')]), { inputs: ['old'] })).toBe('continue')
  })
})

describe('pauses as tool calls', () => {
  test('the id of a tool call encodes its run', () => {
    const id = toolCallId(pauseOf(callOf()), callOf())
    expect(referenceIn(id)).toEqual({ runId: 'r1', sessionId: 's1' })
  })

  test.each(['other', 'call_abc', 'call_'])('the foreign id %s refers to no run', (id) => {
    expect(referenceIn(id)).toBeUndefined()
  })

  test('each kind of call names the tool that answers it', () => {
    const calls = functionCalls(pauseOf(callOf(), INPUT, EXTERNAL), 'tools') ?? []
    expect(calls.map((call) => call.function.name)).toEqual([CONFIRM_TOOL, INPUT_TOOL, 'pay'])
    const [confirm, input, external] = calls.map((call) => JSON.parse(call.function.arguments))
    expect(confirm).toEqual({ tool: 'pay', arguments: { amount: 5 }, message: 'May pay run?' })
    expect(input.answer_schema.properties.values.required).toEqual(['city'])
    expect(external).toEqual({ amount: 5 })
  })

  test('the text style has calls only for tools of the caller', () => {
    expect(functionCalls(pauseOf(callOf()), 'text')).toBeUndefined()
    expect(functionCalls(pauseOf(EXTERNAL), 'text')).toHaveLength(1)
  })

  test('the text of a pause contains every question', () => {
    const approved = callOf({ member: 'Ann', needsApproval: true })
    expect(pauseText(pauseOf(approved, INPUT, FEEDBACK))).toBe(
      [
        'Ann: May pay run? {"amount":5} An administrator must approve it.',
        'pay needs input',
        '- city: Where to',
        'pay asks a question',
        '- Which way? Left / Right',
      ].join('\n'),
    )
  })

  test('the requirements of a pause describe every open call', () => {
    const pause = pauseOf(EXTERNAL)
    expect(requirementsOf(pause)).toEqual([
      {
        tool_call_id: toolCallId(pause, EXTERNAL),
        type: 'external_execution',
        tool_name: 'pay',
        tool_args: { amount: 5 },
        message: 'May pay run?',
        needs_approval: false,
        answer_schema: { type: 'string' },
      },
    ])
  })
})

describe('answers', () => {
  test('tool messages are read with the run in their ids', () => {
    const id = toolCallId(pauseOf(callOf()), callOf())
    const reference = { runId: 'r1', sessionId: 's1' }
    expect(toolAnswers([{ ...turn('tool', 'true'), callId: id }])).toEqual([
      { reference, callId: id, content: 'true' },
    ])
    expect(toolAnswers([{ ...turn('tool', 'true'), callId: 'foreign' }])).toEqual([
      { reference: undefined, callId: 'foreign', content: 'true' },
    ])
  })

  test('tool messages that answer different runs are refused', () => {
    const ids = ['r1', 'r2'].map((runId) => toolCallId({ ...pauseOf(), runId }, callOf()))
    const turns = ids.map((callId) => ({ ...turn('tool', 'true'), callId }))
    expect(() => toolAnswers(turns)).toThrow(BAD_REQUEST)
  })

  test('an answer to an unknown call is refused', () => {
    const given = { reference: undefined, callId: 'c1', content: '{"accepted": false}' }
    expect([...answersFor(pauseOf(callOf()), [given])]).toEqual([
      ['c1', { kind: 'confirmation', accepted: false, note: undefined }],
    ])
    const unknown = { ...given, callId: 'c2' }
    expect(() => answersFor(pauseOf(callOf()), [unknown])).toThrow(BAD_REQUEST)
  })

  test.each([
    [callOf(), ' Yes! ', { kind: 'confirmation', accepted: true, note: undefined }],
    [callOf(), 'no, wait', { kind: 'confirmation', accepted: false, note: 'no, wait' }],
    [EXTERNAL, 'done', { kind: 'external_execution', result: 'done', isError: false }],
    [INPUT, 'Rome', { kind: 'user_input', values: { city: 'Rome' } }],
    [FEEDBACK, 'left', { kind: 'user_feedback', selections: { 'Which way?': ['Left'] } }],
  ])('clear words answer the one open call: %#', (call, words, answer) => {
    expect([...answerInWords(pauseOf(call), words)]).toEqual([['c1', answer]])
  })

  test.each([
    [[callOf()], 'yes, but not today'],
    [[callOf()], 'nothing'],
    [[FEEDBACK], 'straight on'],
    [[callOf(), callOf({ id: 'c2' })], 'yes'],
    [[], 'yes'],
    [[{ ...INPUT, fields: [CITY, { ...CITY, name: 'street' }] }], 'Rome'],
  ])('unclear words never answer the paused run: %#', (calls, words) => {
    expect(() => answerInWords(pauseOf(...calls), words)).toThrow(STILL_PAUSED)
  })
})
