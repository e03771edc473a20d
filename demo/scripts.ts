/** What the demo's agents say. No model: an answer is a function of the message alone. */

/** A tool the agent wants to run, once a person has confirmed it. */
export interface ToolWish {
  name: string
  args: Record<string, unknown>
  /** Members of the tool call that say what the run waits for. Default: confirmation. */
  pause?: Readonly<Record<string, unknown>>
  /** What the tool returns when it is confirmed. */
  result: string
  /** What the agent says after it ran, and after it was rejected. */
  confirmed: string
  rejected: string
}

export interface Answer {
  text: string
  /** Milliseconds before each word. */
  delayMs: number
  tool?: ToolWish
  /** What the agent thinks before it speaks. */
  reasoning?: string
  /** Images, citations and the like, in the last event. */
  extras?: Readonly<Record<string, unknown>>
}

export type Script = (message: string) => Answer

/** How fast the demo talks, in milliseconds per word. */
export interface Pace {
  /** Every agent but `slow`; default 30. */
  wordDelayMs: number
  /** The `slow` agent, when its message names no pace; default 200. */
  slowWordDelayMs: number
}

export const DEFAULT_PACE: Pace = { wordDelayMs: 30, slowWordDelayMs: 200 }

/** Words one answer streams at most; the rest of a longer text comes in the last piece. */
export const MAX_PIECES = 500
const MAX_DELAY_MS = 60_000

/** Cuts a text into the pieces it is streamed in: words with the white space after them. */
export function pieces(text: string): string[] {
  const words = text.match(/\s*\S+\s*/g) ?? []
  if (words.length <= MAX_PIECES) return words
  return [...words.slice(0, MAX_PIECES - 1), words.slice(MAX_PIECES - 1).join('')]
}

export function echo(pace: Pace): Script {
  return (message) => ({ text: `You said: ${message}`, delayMs: pace.wordDelayMs })
}

/** Counts: `count to 20` says 20 words, `count to 20 every 50 ms` says how fast; else 10 words. */
export function slow(pace: Pace): Script {
  return (message) => {
    const count = Number(/\d+/.exec(message)?.[0] ?? 10)
    const every = /every (\d+) ?ms/.exec(message)?.[1]
    const words = Array.from({ length: Math.min(count, MAX_PIECES) }, (_, index) => index + 1)
    const delayMs = Math.min(Number(every ?? pace.slowWordDelayMs), MAX_DELAY_MS)
    return { text: words.join(' '), delayMs }
  }
}

/** Wants to delete the file the message names, and asks first. Nothing is ever deleted. */
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
    return { text: `${lines} lines, and not one too many.`, delayMs: pace.wordDelayMs }
  }
}

export function duo(pace: Pace): Script {
  return (message) => ({
    text: `The poet would sing of ${message}; the critic would keep it short.`,
    delayMs: pace.wordDelayMs,
  })
}
