/**
 * Describes tool calls and steps in the metadata of status updates, with the member names of AgentOS's own A2A
 * interface. `src/a2a/agno-events.ts` reads them.
 */
import type { FaceEvent } from '../face-events.ts'

type Dict = Record<string, unknown>

/** @returns undefined for events that no update shows */
export function eventMetadata(event: FaceEvent): Dict | undefined {
  if (event.type === 'tool') {
    const { tool_name: name, tool_call_id: id, tool_args: args } = event.tool
    return {
      agno_event_type: event.phase === 'started' ? 'tool_call_started' : 'tool_call_completed',
      tool_name: name ?? 'tool',
      ...(id && { tool_call_id: id }),
      ...(args && Object.keys(args).length > 0 && { tool_args: JSON.stringify(args) }),
      ...(event.error !== undefined && { error: event.error }),
    }
  }
  if (event.type === 'step') {
    return { agno_event_type: `workflow_step_${event.phase}`, step_name: event.name }
  }
  return event.type === 'other' ? otherMetadata(event.name) : undefined
}

/** Events of AgentOS without members of their own that matter to a client. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['ReasoningStarted', 'reasoning_started'],
  ['ReasoningCompleted', 'reasoning_completed'],
  ['MemoryUpdateStarted', 'memory_update_started'],
  ['MemoryUpdateCompleted', 'memory_update_completed'],
])

function otherMetadata(name: string): Dict | undefined {
  const type = OTHERS.get(name)
  return type === undefined ? undefined : { agno_event_type: type }
}
