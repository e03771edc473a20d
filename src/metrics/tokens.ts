/** Reads the token counts of a run from the end of its answer. */
import { firstMember } from '../json/json-text.ts'

export interface Tokens {
  readonly input: number
  readonly output: number
}

/** The event that ends a run, of agents, teams and workflows. */
const COMPLETED = /(?:Run|Workflow)Completed$/
const LONGEST_BYTES = 256 * 1024

/** Metrics in the output of a run. */
export interface Usage {
  readonly input_tokens?: unknown
  readonly output_tokens?: unknown
  /** Of a workflow: the metrics of its steps. */
  readonly steps?: Readonly<Record<string, { readonly metrics?: Usage } | null>>
}

interface RunEnd {
  readonly event?: unknown
  readonly status?: unknown
  readonly metrics?: Usage
}

/**
 * @param end last events of a stream, or a whole JSON answer
 * @returns undefined when the run is in progress or has no token counts, or when its end is too long to parse
 */
export function tokensIn(end: Buffer, isEventStream: boolean): Tokens | undefined {
  if (end.length > LONGEST_BYTES) return undefined
  const at = end.lastIndexOf('"metrics"')
  if (at === -1) return undefined
  // Only numbers are read, so the text encoding does not matter.
  const run = isEventStream ? eventAt(end, at) : answer(end.toString('latin1'))
  // A paused run counts after its continuation, because its metrics continue to grow.
  const isOver = isEventStream
    ? typeof run?.event === 'string' && COMPLETED.test(run.event)
    : run?.status !== 'PAUSED'
  return isOver && run?.metrics ? tokensOf(run.metrics) : undefined
}

/** Reads only the metrics of most answers, which is faster than a full parse. */
function answer(text: string): RunEnd | undefined {
  const metrics = text.includes('"PAUSED"') ? undefined : topLevelMetrics(text)
  return metrics ?? parsed(text)
}

function topLevelMetrics(text: string): RunEnd | undefined {
  try {
    const metrics = firstMember(text, 'metrics')
    return metrics?.startsWith('{') ? { metrics: JSON.parse(metrics) as Usage } : undefined
  } catch {
    return undefined
  }
}

function eventAt(stream: Buffer, at: number): RunEnd | undefined {
  const end = stream.indexOf('\n', at)
  const line = stream.toString(
    'latin1',
    stream.lastIndexOf('\n', at) + 1,
    end === -1 ? undefined : end,
  )
  return line.startsWith('data:') ? parsed(line.slice('data:'.length)) : undefined
}

function parsed(text: string): RunEnd | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as RunEnd) : undefined
  } catch {
    return undefined
  }
}

/** Returns undefined for metrics without token counts. */
export function tokensOf({ input_tokens, output_tokens, steps }: Usage): Tokens | undefined {
  if (isCount(input_tokens) && isCount(output_tokens)) {
    return { input: input_tokens, output: output_tokens }
  }
  if (typeof steps !== 'object' || steps === null) return undefined
  let input = 0
  let output = 0
  for (const step of Object.values(steps)) {
    const usage = step?.metrics
    if (isCount(usage?.input_tokens)) input += usage.input_tokens
    if (isCount(usage?.output_tokens)) output += usage.output_tokens
  }
  return { input, output }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
