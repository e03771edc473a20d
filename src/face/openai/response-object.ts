/** Builds the `response` object of `/v1/responses` and its items. */
import type { ToolExecution } from '../../client/run-types.ts'
import { isObject } from '../../json/is-object.ts'
import type { Usage } from '../face-events.ts'
import type { Pause } from '../pause.ts'
import { pauseIn } from '../pause.ts'
import { resultOf, textOf } from '../run-result.ts'
import type { StoredOutput } from '../stored-runs.ts'
import { openAiError } from './error-shape.ts'
import { itemId } from './item-id.ts'
import type { OutputTool } from './output-tool.ts'
import { outputCall } from './output-tool.ts'
import type { FunctionCall, PauseStyle } from './pause-calls.ts'
import { functionOf, toolCallId } from './pause-calls.ts'
import { productsMarkdown } from './products.ts'
import type { ResponseReference } from './response-id.ts'
import { responseId } from './response-id.ts'
import { responseUsage } from './usage.ts'

/** The members of a response that repeat its request. */
export interface ResponseFrame {
  readonly model: string
  /** Seconds since 1970. */
  readonly created: number
  readonly isBackground: boolean
  readonly previousId: string | undefined
  readonly metadata: Readonly<Record<string, unknown>>
  readonly pauseStyle: PauseStyle
  /** Tool whose call contains the answer. */
  readonly outputTool?: OutputTool | undefined
}

export type ResponseStatus =
  | 'queued'
  | 'in_progress'
  | 'completed'
  | 'incomplete'
  | 'cancelled'
  | 'failed'

/** One item of `output`. */
export type OutputItem = Readonly<Record<string, unknown>>

/** The state of a response so far. */
export interface ResponseState {
  readonly status: ResponseStatus
  readonly output: readonly OutputItem[]
  readonly usage?: Usage | undefined
  readonly error?: { readonly message: string; readonly code: string } | undefined
}

export function responseObject(
  reference: ResponseReference,
  frame: ResponseFrame,
  { status, output, usage, error }: ResponseState,
) {
  return {
    id: responseId(reference),
    object: 'response',
    created_at: frame.created,
    status,
    background: frame.isBackground,
    error: error
      ? { code: 'server_error', message: openAiError(500, error.message, error.code).message }
      : null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    metadata: frame.metadata,
    model: frame.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: frame.previousId ?? null,
    reasoning: { effort: null, summary: null },
    store: true,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    usage: usage ? responseUsage(usage) : null,
    x_agentos: { run_id: reference.runId, session_id: reference.sessionId },
  }
}

export function messageItem(id: string, text: string, status: 'in_progress' | 'completed') {
  const content = status === 'completed' ? [textPart(text)] : []
  return { id, type: 'message', role: 'assistant', status, content }
}

export function textPart(text: string) {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

export function reasoningItem(id: string, text: string) {
  const summary = text === '' ? [] : [{ type: 'summary_text', text }]
  return { id, type: 'reasoning', summary }
}

/** An item for the agent's own tool call, which the caller never runs. */
export function toolItem(
  reference: ResponseReference,
  index: number,
  tool: ToolExecution,
  error: string | undefined,
) {
  return {
    id: itemId('mcp', reference, index),
    type: 'mcp_call',
    status: error === undefined ? 'completed' : 'failed',
    name: tool.tool_name ?? 'tool',
    arguments: JSON.stringify(tool.tool_args ?? {}),
    server_label: reference.id,
    output: error === undefined ? textOf(tool.result) : null,
    error: error ?? null,
  }
}

/** Items of a pause: a confirmation becomes an approval request, any other call becomes a function call. */
export function pauseItems(label: string, pause: Pause, style: PauseStyle): OutputItem[] {
  return pause.calls.map((call) => {
    const id = toolCallId(pause, call)
    if (call.kind === 'confirmation' && style === 'text') {
      const args = JSON.stringify(call.args)
      return {
        id,
        type: 'mcp_approval_request',
        name: call.name,
        arguments: args,
        server_label: label,
      }
    }
    return callItem({ id, type: 'function', function: functionOf(call) })
  })
}

/** The item with the answer as the call of a required tool; undefined for an answer that is no JSON object. */
export function outputItem(
  reference: ResponseReference,
  index: number,
  { outputTool }: ResponseFrame,
  answer: string,
): OutputItem | undefined {
  const call = outputTool && outputCall(outputTool, reference.runId, answer)
  return call && { ...callItem(call), id: itemId('fc', reference, index) }
}

function callItem({ id, function: called }: FunctionCall): OutputItem {
  return { id, type: 'function_call', call_id: id, ...called, status: 'completed' }
}

const STATUSES: Readonly<Record<string, ResponseStatus>> = {
  PENDING: 'queued',
  QUEUED: 'queued',
  RUNNING: 'in_progress',
  COMPLETED: 'completed',
  PAUSED: 'completed',
  CANCELLED: 'cancelled',
  ERROR: 'failed',
}

/** Turns a stored run into the state of a response. */
export function stateOf(reference: ResponseReference, run: StoredOutput): ResponseState {
  const status = STATUSES[textOf(run['status']).toUpperCase()] ?? 'in_progress'
  const { kind, id } = reference
  const result = resultOf(run)
  const { tools } = run
  const called = Array.isArray(tools) ? tools.filter(isObject).filter(isDone) : []
  const output: OutputItem[] = []
  const thought = textOf(run['reasoning_content'])
  if (thought !== '') output.push(reasoningItem(itemId('rs', reference, 0), thought))
  for (const tool of called) {
    const error = tool['tool_call_error'] === true ? textOf(tool['result']) : undefined
    output.push(toolItem(reference, output.length, tool, error))
  }
  const text = result.text + productsMarkdown(result.products)
  if (status === 'failed') {
    return { status, output, error: { message: text || 'The run failed', code: 'run_error' } }
  }
  if (textOf(run['status']).toUpperCase() === 'PAUSED') {
    return { status, output: [...output, ...pauseItems(id, pauseIn(kind, run, reference), 'text')] }
  }
  if (text !== '') {
    output.push(messageItem(itemId('msg', reference, output.length), text, 'completed'))
  }
  return { status, output, usage: status === 'completed' ? result.usage : undefined }
}

function isDone(tool: Readonly<Record<string, unknown>>): boolean {
  return tool['result'] !== null && tool['result'] !== undefined
}
