/** Scripts the demo's agents. There is no model: an answer depends only on the message. */

/** A tool call that needs a person's confirmation. */
export interface ToolWish {
  name: string
  args: Record<string, unknown>
  /** Members of the tool call for the kind of pause. Default: confirmation. */
  pause?: Readonly<Record<string, unknown>>
  /** An administrator decides, not the caller. Default: false. */
  approval?: boolean
  /** Result of the tool when it is confirmed. */
  result: string
  /** Text of the agent after the tool has run, and after a rejection. */
  confirmed: string
  rejected: string
}

export interface Answer {
  text: string
  /** Milliseconds before each word. */
  delayMs: number
  tool?: ToolWish
  /** Reasoning of the agent. */
  reasoning?: string
  /** Further members of the last event, such as images and citations. */
  extras?: Readonly<Record<string, unknown>>
}

export type Script = (message: string) => Answer

/** Speed of the demo, in milliseconds per word. */
export interface Pace {
  /** Every agent but `slow`; default 30. */
  wordDelayMs: number
  /** The `slow` agent without a speed in its message; default 200. */
  slowWordDelayMs: number
}

export const DEFAULT_PACE: Pace = { wordDelayMs: 30, slowWordDelayMs: 200 }

/** Largest number of streamed words of one answer; the last piece contains the rest. */
const MAX_PIECES = 500
const MAX_DELAY_MS = 60_000

/** Splits a text into words with their trailing white space. */
export function pieces(text: string): string[] {
  const words = text.match(/\s*\S+\s*/g) ?? []
  if (words.length <= MAX_PIECES) return words
  return [...words.slice(0, MAX_PIECES - 1), words.slice(MAX_PIECES - 1).join('')]
}

export function echo(pace: Pace): Script {
  return (message) => ({ text: `You said: ${message}`, delayMs: pace.wordDelayMs })
}

/** Counts: `count to 20` answers with 20 words, `count to 20 every 50 ms` also sets the speed. Default: 10 words. */
export function slow(pace: Pace): Script {
  return (message) => {
    const count = Number(/\d+/.exec(message)?.[0] ?? 10)
    const every = /every (\d+) ?ms/.exec(message)?.[1]
    const words = Array.from({ length: Math.min(count, MAX_PIECES) }, (_, index) => index + 1)
    const delayMs = Math.min(Number(every ?? pace.slowWordDelayMs), MAX_DELAY_MS)
    return { text: words.join(' '), delayMs }
  }
}

/** Requests to delete the file in the message, and pauses for a confirmation. No file is ever deleted. */
export function confirm(pace: Pace): Script {
  return (message) => {
    const path = /[\w./-]*\w\.\w+/.exec(message)?.[0] ?? 'notes.txt'
    const tool = {
      name: 'delete_file',
      args: { path },
      result: `deleted ${path}`,
      confirmed: `Done: ${path} is deleted.`,
      rejected: `As you wish: ${path} stays.`,
    }
    return { text: tool.confirmed, delayMs: pace.wordDelayMs, tool }
  }
}

export function poet(pace: Pace): Script {
  return (message) => ({
    text: `Of ${message}:\nthe words go out in single file,\nand every one arrives.`,
    delayMs: pace.wordDelayMs,
  })
}

export function critic(pace: Pace): Script {
  return (message) => {
    const lines = message.split('\n').length
    const count = lines === 1 ? '1 line' : `${lines} lines`
    return { text: `${count}, and not one too many.`, delayMs: pace.wordDelayMs }
  }
}

export function duo(pace: Pace): Script {
  return (message) => ({
    text: `The poet would sing of ${message}; the critic would keep it short.`,
    delayMs: pace.wordDelayMs,
  })
}
