/** Reads Agno's run events from the metadata of A2A status updates. */
import { isObject } from '../json/is-object.ts'
import { textIn } from './wire.ts'

type Dict = Record<string, unknown>

/** A run event under the name that an agent gives it. `eventName()` adds the prefix of teams and workflows. */
export interface AgentEvent {
  readonly name: string
  readonly members: Dict
}

/** Event names that differ from the type written in camel case. */
const NAMES: Readonly<Record<string, string>> = {
  workflow_step_started: 'StepStarted',
  workflow_step_completed: 'StepCompleted',
  workflow_step_error: 'StepError',
}
const KNOWN =
  /^(?:(?:tool_call|reasoning|memory_update|loop_iteration|(?:loop|parallel|condition|router|steps)_execution)_(?:started|completed)|workflow_step_(?:started|completed|error))$/
/** Step, loop and branch events always belong to a workflow, so they are not in this list. */
const OF_AGENTS = /^(?:tool_call|reasoning|memory_update)_/

/**
 * Reads the run event from the metadata of an AgentOS status update.
 *
 * @returns undefined for an update without an event, or with an event that another part of the stream carries
 */
export function agnoEvent(metadata: unknown): AgentEvent | undefined {
  const type = textIn(metadata, 'agno_event_type')
  if (type === undefined || !isObject(metadata) || !KNOWN.test(type)) return undefined
  const { agno_event_type: _, ...rest } = metadata
  const members = type.startsWith('tool_call_') ? { tool: toolIn(rest) } : rest
  return { name: NAMES[type] ?? camelCase(type), members }
}

/** Whether the status update carries an event that a team emits with the prefix `Team`. */
export function isOfAgents(metadata: unknown): boolean {
  return OF_AGENTS.test(textIn(metadata, 'agno_event_type') ?? '')
}

function toolIn({ tool_call_id: id, tool_name: name, tool_args: args }: Dict): Dict {
  return { tool_call_id: id ?? null, tool_name: name ?? null, tool_args: parsed(args) }
}

/** Parses tool arguments, which Agno writes as JSON text. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? null
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function camelCase(type: string): string {
  return type.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
