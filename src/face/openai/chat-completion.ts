/** Builds the whole JSON answer of a chat completion from a collected run. */
import type { CollectedRun } from '../collect-run.ts'
import type { Refusal } from '../translator.ts'
import type { ChatStreamOptions } from './chat-stream.ts'
import { completionId } from './chat-stream.ts'
import { outputCall } from './output-tool.ts'
import { functionCalls, pauseText, requirementsOf } from './pause-calls.ts'
import { productsMarkdown, urlCitations } from './products.ts'
import { chatUsage } from './usage.ts'

type Options = Omit<ChatStreamOptions, 'includesUsage'>

/** The `chat.completion` object of a run that has not failed. */
export function chatCompletion(run: CollectedRun, options: Options) {
  const { model, created, continuation } = options
  const { runId, sessionId, end } = run
  const calls = callsOf(run, options)
  const message = messageOf(run)
  const usage = usageOf(run)
  return {
    id: completionId(runId, continuation),
    object: 'chat.completion',
    created,
    model,
    choices: [
      {
        index: 0,
        message: calls === undefined ? message : { ...message, content: null, tool_calls: calls },
        logprobs: null,
        finish_reason: calls === undefined ? 'stop' : 'tool_calls',
      },
    ],
    ...(usage && { usage: chatUsage(usage) }),
    x_agentos: {
      run_id: runId,
      session_id: sessionId,
      status: end.type,
      ...(end.type === 'paused' && { requirements: requirementsOf(end.pause) }),
    },
  }
}

function callsOf({ runId, end }: CollectedRun, { pauseStyle, outputTool }: Options) {
  if (end.type === 'paused') return functionCalls(end.pause, pauseStyle)
  if (end.type !== 'completed' || outputTool === undefined) return undefined
  const call = outputCall(outputTool, runId, end.result.text)
  return call && [call]
}

function usageOf({ end }: CollectedRun) {
  if (end.type === 'completed') return end.result.usage
  return end.type === 'paused' ? end.usage : undefined
}

function messageOf(run: CollectedRun) {
  const { text, reasoning, end } = run
  const message = {
    role: 'assistant' as const,
    content: text,
    refusal: null,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
  }
  if (end.type === 'paused') return { ...message, content: text + pauseText(end.pause) }
  if (end.type !== 'completed') return message
  const { products } = end.result
  const shown = products.filter(({ kind, content }) => kind !== 'audio' || content === undefined)
  const spoken = products.find(({ kind, content }) => kind === 'audio' && content !== undefined)
  const annotations = urlCitations(end.result)
  return {
    ...message,
    content: text + productsMarkdown(shown),
    ...(annotations.length > 0 && { annotations }),
    ...(spoken && {
      audio: { id: `audio-${run.runId}`, data: spoken.content, transcript: text, expires_at: 0 },
    }),
  }
}

/** The refusal for a failed run without streaming. The run has begun, so a retry is not safe. */
export function failureOf(message: string, code: string, status = 500): Refusal {
  return { status, message, code, isRetryable: false, headers: {} }
}
