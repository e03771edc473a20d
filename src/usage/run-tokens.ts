/** Reads the token counts of a run from the end of its answer, for the metrics and the audit log. */
import { firstMember } from '../json/json-text.ts'
import { objectIn } from '../relay/stream-reader.ts'
import type { RunOutput } from './answer-reader.ts'
import { RunUsage } from './run-usage.ts'
import type { Tokens } from './spent.ts'

const LONGEST_BYTES = 256 * 1024
/** Texts of an output that is read whole: members whose tokens its own metrics leave out, and the status of a paused run. */
const NEEDS_PARSE = /"(?:member_responses|step_executor_runs|PAUSED)"/

/**
 * @param end last events of a stream, or a whole JSON answer
 * @returns undefined when the run is in progress or reports no tokens, or when its end is too long to parse
 */
export function tokensIn(end: Buffer, isEventStream: boolean): Tokens | undefined {
  if (end.length > LONGEST_BYTES) return undefined
  const at = end.lastIndexOf('"metrics"')
  if (at === -1) return undefined
  if (!isEventStream) return tokensOf(outputIn(end))
  const event = eventAt(end, at)
  return event && countedTokens((usage) => usage.readEvent({ run_id: '', ...event }))
}

/**
 * Tokens of a run and its members.
 *
 * @param output the run as AgentOS answers it without streaming
 * @returns undefined for a run that is in progress or reports no tokens
 */
export function tokensOf(output: RunOutput | undefined): Tokens | undefined {
  return output && countedTokens((usage) => usage.readOutput(output))
}

/** A paused run counts after its continuation, because its metrics continue to grow. */
function countedTokens(read: (usage: RunUsage) => void): Tokens | undefined {
  const usage = new RunUsage()
  read(usage)
  const { input, output } = usage.total
  return usage.isOver && input + output > 0 ? { input, output } : undefined
}

/** Reads only the metrics of an answer without members, which is faster than a full parse. */
function outputIn(answer: Buffer): RunOutput | undefined {
  // Only numbers and ASCII names are read, so the text encoding does not matter.
  const text = answer.toString('latin1')
  return (NEEDS_PARSE.test(text) ? undefined : topLevelMetrics(text)) ?? objectIn(answer)
}

function topLevelMetrics(text: string): RunOutput | undefined {
  try {
    const metrics = firstMember(text, 'metrics')
    return metrics?.startsWith('{') ? { metrics: JSON.parse(metrics) as unknown } : undefined
  } catch {
    return undefined
  }
}

function eventAt(stream: Buffer, at: number): RunOutput | undefined {
  const end = stream.indexOf('\n', at)
  const from = stream.lastIndexOf('\n', at) + 1
  const line = stream.subarray(from, end === -1 ? undefined : end)
  const isData = line.toString('latin1', 0, 'data:'.length) === 'data:'
  return isData ? objectIn(line.subarray('data:'.length)) : undefined
}
