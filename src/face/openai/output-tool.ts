/**
 * Reads a required tool, and writes its call. Clients require a tool to get a structured answer: its parameters become the
 * output schema of the run, and its call contains the answer.
 */
import { hash } from 'node:crypto'
import { isObject } from '../../json/is-object.ts'
import { badRequest, objectAt, objectsAt } from '../json-body.ts'
import type { FunctionCall } from './pause-calls.ts'
import { CONFIRM_TOOL, INPUT_TOOL } from './pause-calls.ts'

type Dict = Readonly<Record<string, unknown>>

/** A tool that the caller requires. */
export interface OutputTool {
  readonly name: string
  /** JSON Schema. */
  readonly parameters: Dict
}

const PREFIX = 'call_out_'
const UNRESTRICTED = new Set<unknown>([undefined, null, 'none', 'auto'])

/** The functions in `tools`, which chat completions nest and responses do not. */
export function functionsIn(body: Dict): Dict[] {
  return (objectsAt(body, 'tools') ?? []).map((tool) => objectAt(tool, 'function') ?? tool)
}

/**
 * The one tool that `tool_choice` requires; undefined where the agent is free.
 *
 * @throws {GatewayError} `AGW_BAD_REQUEST` when it requires one of several tools, or an unknown one
 */
export function outputToolIn(body: Dict): OutputTool | undefined {
  const choice = body['tool_choice']
  if (UNRESTRICTED.has(choice)) return undefined
  const tools = functionsIn(body).filter(({ name }) => name !== CONFIRM_TOOL && name !== INPUT_TOOL)
  const wanted = isObject(choice) ? (objectAt(choice, 'function') ?? choice)['name'] : undefined
  const [tool, another] =
    choice === 'required' ? tools : tools.filter(({ name }) => name === wanted)
  const { name, parameters } = tool ?? {}
  if (another !== undefined || typeof name !== 'string') {
    throw badRequest("'tool_choice' can only require a single tool: agents choose their own tools")
  }
  // AgentOS requires the type.
  return { name, parameters: { type: 'object', ...(isObject(parameters) && parameters) } }
}

/** The call with the answer of a run; undefined for an answer that is no JSON object. */
export function outputCall(
  { name }: OutputTool,
  runId: string,
  answer: string,
): FunctionCall | undefined {
  if (!isObjectText(answer)) return undefined
  const id = PREFIX + hash('sha256', runId, 'base64url').slice(0, 24)
  return { id, type: 'function', function: { name, arguments: answer } }
}

/** Whether a tool message replies to such a call, for which no run waits. */
export function isOutputCall(callId: string | undefined): boolean {
  return callId?.startsWith(PREFIX) ?? false
}

function isObjectText(text: string): boolean {
  try {
    return isObject(JSON.parse(text))
  } catch {
    return false
  }
}
