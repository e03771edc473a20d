/**
 * Selects the part of a conversation to send: an AgentOS remembers its sessions, so earlier messages must not be sent
 * twice.
 */
import type { MessageContent } from './message-content.ts'
import { joined } from './message-content.ts'

/** A message as both APIs have it, with its content read. */
export interface Turn {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: MessageContent
  /** Of a tool message: the call it answers. */
  readonly callId?: string
  readonly isError?: boolean
}

/** A conversation, taken apart. */
export interface Conversation {
  readonly system: string
  /** Everything up to and with the last message of the assistant, without the system's. */
  readonly earlier: readonly Turn[]
  /** User messages behind it, as one. */
  readonly current: MessageContent
  /** Tool messages at the very end: answers to a pause. */
  readonly toolTurns: readonly Turn[]
}

/** @param turns in order */
export function conversationOf(turns: readonly Turn[]): Conversation {
  const said = turns.filter(({ role }) => role !== 'system')
  const lastAnswer = said.findLastIndex(({ role }) => role === 'assistant')
  const after = said.slice(lastAnswer + 1)
  const isAnswered = after.length > 0 && after.at(-1)?.role === 'tool'
  const toolTurns = isAnswered ? after.filter(({ role }) => role === 'tool') : []
  const users = after.filter(({ role }) => role === 'user')
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

/** Texts of earlier user messages, in order. */
export function earlierInputs({ earlier }: Conversation): string[] {
  return earlier.filter(({ role }) => role === 'user').map(({ content }) => content.text)
}

/** The message for a session that knows nothing of what was said before. */
export function withTranscript({ earlier, current }: Conversation): string {
  const lines = earlier
    .filter(({ role, content }) => role !== 'tool' && content.text !== '')
    .map(({ role, content }) => `${role === 'user' ? 'User' : 'Assistant'}: ${content.text}`)
  if (lines.length === 0) return current.text
  return `The conversation so far:\n\n${lines.join('\n\n')}\n\nUser: ${current.text}`
}

/** What an AgentOS remembers of a session. */
export interface RememberedSession {
  /** Inputs of its runs, in order; undefined where the caller may not read them. */
  readonly inputs: readonly string[] | undefined
}

/**
 * What is done with a conversation in a session.
 *
 * `continue`: the session holds what was said before, so only the new message goes. `transcript`: the session is new, so all
 * of it goes. `branch`: the session holds something else (a message was edited, or an answer is to be made again), so all
 * of it goes to a session of its own.
 *
 * @param remembered undefined where the session does not exist
 */
export function planFor(
  conversation: Conversation,
  remembered: RememberedSession | undefined,
): 'continue' | 'transcript' | 'branch' {
  if (remembered === undefined) return 'transcript'
  if (remembered.inputs === undefined) return 'continue'
  if (remembered.inputs.length === 0) return 'transcript'
  const told = earlierInputs(conversation)
  // A caller that sends one message at a time leaves the memory to the session.
  if (told.length === 0) return 'continue'
  const last = remembered.inputs.slice(-told.length)
  const isSame = last.every((input, index) => input.endsWith(told.at(index - last.length) ?? ''))
  return isSame ? 'continue' : 'branch'
}
