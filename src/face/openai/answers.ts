/** Reads answers to paused runs from messages: tool messages, or plain text on request of the caller. */
import { GatewayError } from '../../errors.ts'
import { badRequest } from '../json-body.ts'
import type { Pause } from '../pause.ts'
import type { Answer, PendingCall } from '../pending-call.ts'
import { answerTo } from '../pending-call.ts'
import { callWith, referenceIn } from './pause-calls.ts'
import type { RunIds } from './run-token.ts'
import type { Turn } from './turns.ts'

/** One tool message as an answer. */
export interface ToolAnswer {
  /** Undefined for a foreign id, which is looked up in the session. */
  readonly reference: RunIds | undefined
  /** As in the message. */
  readonly callId: string
  readonly content: string
}

/** @throws {GatewayError} `AGW_BAD_REQUEST` when the messages answer several runs */
export function toolAnswers(turns: readonly Turn[]): readonly ToolAnswer[] {
  const answers = turns.map(({ callId = '', content }) => {
    return { reference: referenceIn(callId), callId, content: content.text }
  })
  const runs = new Set(answers.map(({ reference }) => reference?.runId))
  if (runs.size > 1) throw badRequest('The tool messages answer calls of different runs')
  return answers
}

/** @throws {GatewayError} `AGW_BAD_REQUEST` for an answer to an unknown call, or in a wrong form */
export function answersFor(pause: Pause, given: readonly ToolAnswer[]): Map<string, Answer> {
  const answers = new Map<string, Answer>()
  for (const { callId, content } of given) {
    const call = callWith(pause, callId)
    if (call === undefined) throw badRequest(`The run has no open call '${callId}'`)
    answers.set(call.id, answerTo(call, content))
  }
  return answers
}

const YES = /^(?:yes|y|ok|okay|approve|approved|confirm|confirmed|accept)[.!]?$/i
const NO = /^(?:no|n|reject|rejected|deny|denied|decline|cancel)\b/i

/**
 * Reads the answer in the text of a caller with `x-agentos-hitl: text`.
 *
 * @throws {GatewayError} `AGW_SESSION_PAUSED` when the text is no clear answer to the one open call
 */
export function answerInWords(pause: Pause, words: string): Map<string, Answer> {
  const [call, another] = pause.calls
  const answer = call && another === undefined ? wordsFor(call, words.trim()) : undefined
  if (call && answer) return new Map([[call.id, answer]])
  throw new GatewayError('AGW_SESSION_PAUSED', {
    detail: `The text is not a clear answer to the question of the run`,
  })
}

function wordsFor(call: PendingCall, words: string): Answer | undefined {
  if (call.kind === 'external_execution') return answerTo(call, words)
  if (call.kind === 'confirmation') {
    if (YES.test(words)) return answerTo(call, { accepted: true })
    return NO.test(words) ? answerTo(call, { accepted: false, note: words }) : undefined
  }
  const [field, otherField] = call.fields.filter(({ value }) => value === undefined)
  if (field?.type === 'str' && otherField === undefined) {
    return answerTo(call, { values: { [field.name]: words } })
  }
  const [question, otherQuestion] = call.questions
  const option = question?.options.find(({ label }) => label.toLowerCase() === words.toLowerCase())
  if (question && option && otherQuestion === undefined) {
    return answerTo(call, { selections: { [question.question]: [option.label] } })
  }
  return undefined
}
