/** Random bodies for the faces: every mistake is the caller's, so no answer is a 500. */
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { runEvent } from '../../src/client/run-events.ts'
import { GatewayError } from '../../src/errors.ts'
import { aguiInput } from '../../src/face/agui/run-input.ts'
import { continuationForm } from '../../src/face/continuation.ts'
import { objectIn } from '../../src/face/json-body.ts'
import { answersFor, toolAnswers } from '../../src/face/openai/answers.ts'
import { chatRequest } from '../../src/face/openai/chat-request.ts'
import { responseRequest } from '../../src/face/openai/response-request.ts'
import { conversationOf, planFor, withTranscript } from '../../src/face/openai/turns.ts'
import { pauseIn } from '../../src/face/pause.ts'
import { RunReader } from '../../src/face/run-reader.ts'
import { decodeToken, encodeToken } from '../../src/face/token.ts'
import { body } from './face-bodies.ts'
import { holds } from './property.ts'

/** Values as JSON makes them. */
const asJson = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>

/** Only refusals with a status below 500 may be thrown. */
async function isRefusedAtMost(attempt: () => unknown): Promise<void> {
  try {
    await attempt()
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError)
    expect((error as GatewayError).status).toBeGreaterThanOrEqual(400)
    expect((error as GatewayError).status).toBeLessThan(500)
  }
}

type Turns = Parameters<typeof conversationOf>[0]

function planned(turns: Turns): void {
  const conversation = conversationOf(turns)
  toolAnswers(conversation.toolTurns)
  withTranscript(conversation)
  planFor(conversation, { inputs: ['x', 'y'] })
}

describe('random bodies of faces', () => {
  holds('a chat completion is read or refused', 20_000, body, (value) =>
    isRefusedAtMost(() => planned(chatRequest(asJson(value)).turns)),
  )

  holds('a response is read or refused', 20_000, body, (value) =>
    isRefusedAtMost(() => planned(responseRequest(asJson(value)).turns)),
  )

  holds('a run of AG-UI is read or refused', 20_000, body, (value) =>
    isRefusedAtMost(() => aguiInput(asJson(value))),
  )

  holds('bytes are an object or refused', 10_000, fc.uint8Array({ maxLength: 60 }), (bytes) =>
    isRefusedAtMost(() => objectIn(Buffer.from(bytes))),
  )

  holds('text after a prefix is a token or none', 10_000, fc.string(), (text) => {
    decodeToken(text, 3)
    expect(decodeToken(encodeToken([text, '', 'x']), 3)).toEqual([text, '', 'x'])
  })
})

const MEMBERS = [
  ...['event', 'run_id', 'session_id', 'parent_run_id', 'content', 'tool', 'tools', 'requirements'],
  ...['tool_execution', 'tool_call_id', 'requires_confirmation', 'user_input_schema', 'name'],
  ...['step_requirements', 'step_id', 'requires_user_input', 'executor_requirements', 'metrics'],
  ...['user_feedback_schema', 'question', 'options', 'label', 'images', 'citations', 'urls', 'url'],
  ...['requires_executor_input', 'available_choices', 'requires_route_selection', 'step_index'],
]
const EVENTS = [
  ...['RunStarted', 'RunContent', 'TeamRunContent', 'RunPaused', 'WorkflowPaused', 'RunCompleted'],
  ...[
    'constructor',
    '__proto__',
    'ToolCallStarted',
    'ToolCallError',
    'ReasoningStep',
    'StepStarted',
    'RunError',
    'Anything',
  ],
]
const { event } = fc.letrec((tie) => ({
  event: fc.dictionary(fc.constantFrom(...MEMBERS), tie('value'), { maxKeys: 10 }),
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(...EVENTS, null, true, false, 1, 'x', ''),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...MEMBERS), tie('value'), { maxKeys: 6 }),
  ),
}))
const KINDS = ['agents', 'teams', 'workflows'] as const

describe('random events of an AgentOS', () => {
  holds('events of any shape are read without a failure', 20_000, fc.array(event), (events) => {
    for (const kind of KINDS) {
      const reader = new RunReader(kind)
      for (const each of events) {
        const data = JSON.stringify(each)
        reader.read(runEvent({ event: 'message', data, id: '', retry: undefined }))
      }
    }
  })

  holds('a pause of any shape is answered or refused', 10_000, event, async (source) => {
    for (const kind of KINDS) {
      const pause = pauseIn(kind, asJson(source), { runId: 'r', sessionId: 's' })
      const given = pause.calls.map(({ id }) => ({
        reference: undefined,
        callId: id,
        content: '{"accepted":true,"values":{},"selections":{}}',
      }))
      await isRefusedAtMost(() => continuationForm(pause, answersFor(pause, given)))
    }
  })
})
