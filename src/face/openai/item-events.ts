/** Lists the stream events of an item that is complete at once. Clients read the arguments of a call from events. */
import type { OutputItem } from './response-object.ts'

/** A stream event without the members that all events of the item share. */
export interface ItemEvent {
  /** Without the prefix `response.`. */
  readonly type: string
  readonly members: Readonly<Record<string, unknown>>
}

/** The item at its start, and the events between its start and its end. */
export function itemEvents(item: OutputItem): { added: OutputItem; events: ItemEvent[] } {
  const { type, arguments: args } = item
  if (type === 'function_call') {
    const added = { ...item, arguments: '', status: 'in_progress' }
    return { added, events: argumentEvents('function_call_arguments', args) }
  }
  if (type !== 'mcp_call') return { added: item, events: [] }
  const added = { ...item, arguments: '', status: 'in_progress', output: null, error: null }
  const events = [
    { type: 'mcp_call.in_progress', members: {} },
    ...argumentEvents('mcp_call_arguments', args),
    { type: `mcp_call.${item['status']}`, members: {} },
  ]
  return { added, events }
}

function argumentEvents(name: string, args: unknown): ItemEvent[] {
  return [
    { type: `${name}.delta`, members: { delta: args } },
    { type: `${name}.done`, members: { arguments: args } },
  ]
}
