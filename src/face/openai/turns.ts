/**
 * Selects the part of a conversation to send: an AgentOS remembers its sessions, so earlier messages must not be sent
 * twice.
 */
import type { MessageContent } from './message-content.ts'
import { joined } from './message-content.ts'
import { isOutputCall } from './output-tool.ts'

/** A message of either API with its parsed content. */
export interface Turn {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: MessageContent
  /** The id of the answered call, for a tool message. */
  readonly callId?: string
  readonly isError?: boolean
}

/** The parts of a conversation. */
export interface Conversation {
  readonly system: string
  /** All messages up to and including the last one of the assistant, without system messages. */
  readonly earlier: readonly Turn[]
  /** The user messages after that, joined. */
  readonly current: MessageContent
  /** Tool messages at the end: answers to a pause. */
  readonly toolTurns: readonly Turn[]
}

/** @param turns in order */
export function conversationOf(turns: readonly Turn[]): Conversation {
  const said = turns.filter(({ role }) => role !== 'system')
  const lastAnswer = said.findLastIndex(({ role }) => role === 'assistant')
  const after = said.slice(lastAnswer + 1)
  const isAnswered = after.length > 0 && after.at(-1)?.role === 'tool'
  const replies = isAnswered ? after.filter(({ role }) => role === 'tool') : []
  // No run waits for a reply to an answer in the form of a call, such as a validation error.
  const toolTurns = replies.filter(({ callId }) => !isOutputCall(callId))
  const users = after.filter((turn) => turn.role === 'user' || isReply(turn, replies))
  const system = turns.filter(({ role }) => role === 'system').map(({ content }) => content.text)
  return {
    system: system.filter((text) => text !== '').join('\n\n'),
    earlier: said.slice(0, lastAnswer + 1),
    current: joined(
      users.map(({ content }) => content),
      '\n\n',
    ),
    toolTurns,
  }
}

function isReply(turn: Turn, replies: readonly Turn[]): boolean {
  return replies.includes(turn) && isOutputCall(turn.callId)
}

/** Texts of earlier user messages, in order. */
function earlierInputs({ earlier }: Conversation): string[] {
  return earlier.filter(({ role }) => role === 'user').map(({ content }) => content.text)
}

/** The message for a new session, with the earlier messages as a transcript. */
export function withTranscript({ earlier, current }: Conversation): string {
  const lines = earlier
    .filter(({ role, content }) => role !== 'tool' && content.text !== '')
    .map(({ role, content }) => `${role === 'user' ? 'User' : 'Assistant'}: ${content.text}`)
  if (lines.length === 0) return current.text
  return `The conversation so far:\n\n${lines.join('\n\n')}\n\nUser: ${current.text}`
}

/** The stored content of a session. */
export interface RememberedSession {
  /** Inputs of its runs, in order; undefined when the caller may not read them. */
  readonly inputs: readonly string[] | undefined
}

/**
 * Decides how to send a conversation to a session.
 *
 * `continue`: the session already contains the earlier messages, so only the new message is sent. `transcript`: the
 * session is new, so the whole conversation is sent. `branch`: the session contains other messages, after an edit or a
 * regenerated answer, so the whole conversation is sent to a new session.
 *
 * @param remembered undefined when the session does not exist
 */
export function planFor(
  conversation: Conversation,
  remembered: RememberedSession | undefined,
): 'continue' | 'transcript' | 'branch' {
  if (remembered === undefined) return 'transcript'
  if (remembered.inputs === undefined) return 'continue'
  if (remembered.inputs.length === 0) return 'transcript'
  const sentTexts = earlierInputs(conversation)
  // A caller that sends single messages relies on the stored session.
  if (sentTexts.length === 0) return 'continue'
  const last = remembered.inputs.slice(-sentTexts.length)
  const isSame = last.every((input, index) =>
    input.endsWith(sentTexts.at(index - last.length) ?? ''),
  )
  return isSame ? 'continue' : 'branch'
}
