/** Describes the component of an A2A run, as answers and events name it. */
import type { ComponentKind } from '../../config/types.ts'
import type { Upstream } from '../upstream/upstream.ts'

/** The component behind an A2A server. */
export interface A2aComponent {
  readonly kind: ComponentKind
  /** Id that callers use. */
  readonly id: string
  readonly name: string
  readonly upstream: Upstream
  /** Longest silence in milliseconds before the head, and inside a body that is no event stream. */
  readonly timeoutMs: number
}

const MEMBERS = {
  agents: { id: 'agent_id', name: 'agent_name' },
  teams: { id: 'team_id', name: 'team_name' },
  workflows: { id: 'workflow_id', name: 'workflow_name' },
} as const

/** `agent_id`, `agent_name` and their like. */
export function componentFields({ kind, id, name }: A2aComponent): Record<string, string> {
  const members = MEMBERS[kind]
  return { [members.id]: id, [members.name]: name }
}

/** Workflow events. All other events in a workflow belong to its agents. */
const WORKFLOW_EVENTS: Readonly<Record<string, string>> = {
  RunStarted: 'WorkflowStarted',
  RunCompleted: 'WorkflowCompleted',
  RunPaused: 'WorkflowPaused',
  RunCancelled: 'WorkflowCancelled',
  RunError: 'WorkflowError',
}

/** Event name for the kind of component: `RunContent`, `TeamRunContent`, `WorkflowStarted`. */
export function eventName(kind: ComponentKind, agentEvent: string): string {
  if (kind === 'agents') return agentEvent
  return kind === 'teams' ? `Team${agentEvent}` : (WORKFLOW_EVENTS[agentEvent] ?? agentEvent)
}

/** The event belongs to an agent inside a workflow. */
export function isInnerEvent(kind: ComponentKind, agentEvent: string): boolean {
  return kind === 'workflows' && WORKFLOW_EVENTS[agentEvent] === undefined
}
