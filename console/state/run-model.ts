/**
 * Defines a run as a tree of blocks. Blocks are changed in place; `rev` increases with each change, so that only changed
 * blocks are rendered.
 */
import type {
  EventBase,
  Json,
  RunRequirement,
  StepRequirement,
  ToolExecution,
} from '../api/types.ts'

export type RunState = 'running' | 'completed' | 'paused' | 'cancelled' | 'error'

interface Revised {
  /** Increases with each change. */
  rev: number
}

export interface TextBlock extends Revised {
  readonly type: 'text'
  text: string
  isOpen: boolean
}

export interface ReasoningBlock extends Revised {
  readonly type: 'reasoning'
  text: string
  steps: Json[]
  isOpen: boolean
  readonly startedAt: number
  endedAt: number | undefined
}

export type ToolState = 'running' | 'done' | 'error' | 'waiting' | 'rejected'

export interface ToolBlock extends Revised {
  readonly type: 'tool'
  tool: ToolExecution
  state: ToolState
  readonly startedAt: number
  endedAt: number | undefined
}

export interface NoteBlock extends Revised {
  readonly type: 'note'
  readonly tone: 'info' | 'error'
  readonly text: string
}

export interface MediaBlock extends Revised {
  readonly type: 'media'
  readonly kind: 'images' | 'videos' | 'audio' | 'files'
  readonly items: readonly Json[]
}

export interface SourcesBlock extends Revised {
  readonly type: 'sources'
  readonly citations: Json
  readonly references: readonly unknown[]
}

export interface StructuredBlock extends Revised {
  readonly type: 'structured'
  readonly value: unknown
}

/** A step of a workflow, or a container of steps: parallel, loop, condition, router. */
export interface StepBlock extends Revised {
  readonly type: 'step'
  readonly id: string
  readonly name: string
  readonly construct: string
  state: RunState
  note: string
  readonly startedAt: number
  endedAt: number | undefined
  /** 1 for a step of the workflow itself. */
  readonly depth: number
  readonly blocks: Block[]
}

/** The run of a team member or of a step's executor. */
export interface RunBlock extends Revised {
  readonly type: 'run'
  readonly run: RunNode
}

export type Block =
  | TextBlock
  | ReasoningBlock
  | ToolBlock
  | NoteBlock
  | MediaBlock
  | SourcesBlock
  | StructuredBlock
  | StepBlock
  | RunBlock

export interface RunNode {
  readonly id: string
  name: string
  state: RunState
  readonly blocks: Block[]
  metrics: Json
  model: string
  readonly startedAt: number
  endedAt: number | undefined
}

/** Open questions of a paused run. */
export interface Pause {
  readonly tools: readonly ToolExecution[]
  readonly requirements: readonly RunRequirement[]
  readonly stepRequirements: readonly StepRequirement[]
}

/** One event, unchanged. */
export interface RawEvent {
  readonly index: number
  readonly name: string
  readonly data: string
  /** Milliseconds since the request was sent. */
  readonly atMs: number
}

export type AnyEvent = Partial<EventBase> & Json & { event?: string }

/** Teams inside of teams, and steps inside of steps, that are shown. */
export const DEEPEST = 8

export function newRun(id: string, name: string, startedAt: number): RunNode {
  return {
    id,
    name,
    state: 'running',
    blocks: [],
    metrics: {},
    model: '',
    startedAt,
    endedAt: undefined,
  }
}

/** Whether a tool call waits for a person. */
export function isWaiting(tool: ToolExecution): boolean {
  const { requires_confirmation, confirmed, requires_user_input, answered, result } = tool
  if (hasFeedback(tool) || requires_user_input) return answered !== true
  if (tool.external_execution_required) return result === null || result === undefined
  return requires_confirmation === true && (confirmed === null || confirmed === undefined)
}

export function hasFeedback(tool: ToolExecution): boolean {
  const schema = tool['user_feedback_schema']
  return Array.isArray(schema) && schema.length > 0
}
