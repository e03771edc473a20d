/** Applies AgentOS's events to the tree of a run. */
import type { Json, RunRequirement, StepRequirement, ToolExecution } from '../api/types.ts'
import { listIn, objectIn, textIn } from '../api/types.ts'
import { applyContent, closeText } from './run-content.ts'
import type { AnyEvent, Block, Pause, RunNode, RunState, StepBlock } from './run-model.ts'
import { DEEPEST, newRun } from './run-model.ts'
import { applyStep, stepOf } from './run-steps.ts'
import { applyTool, noteTools } from './run-tools.ts'

/** The tree of a run, built from its events. */
export class RunTree {
  root: RunNode | undefined
  sessionId: string | undefined
  pause: Pause | undefined
  /** `event_index` of the last event; -1 for a stream without indexes. */
  lastIndex = -1
  readonly #nodes = new Map<string, RunNode>()
  readonly #steps = new Map<string, StepBlock>()
  readonly #rows = new Map<RunNode, Block>()
  readonly #depths = new Map<RunNode, number>()

  /** Begins with a stored run, whose continuation sends further events of the same runs and steps. */
  begin(stored: RunNode): void {
    this.root = stored
    this.#nodes.set(stored.id, stored)
    this.#register(stored.blocks, 1)
  }

  #register(blocks: readonly Block[], depth: number): void {
    for (const block of blocks) {
      if (block.type === 'step') {
        this.#steps.set(block.id, block)
        this.#register(block.blocks, depth)
      }
      if (block.type !== 'run') continue
      this.#nodes.set(block.run.id, block.run)
      this.#rows.set(block.run, block)
      this.#depths.set(block.run, depth)
      this.#register(block.run.blocks, depth + 1)
    }
  }

  /** @param nowMs arrival time, from `performance.now()` */
  apply(event: AnyEvent, nowMs: number): void {
    const name = textIn(event.event)
    if (typeof event.event_index === 'number') this.lastIndex = event.event_index
    // Status events of the resume route describe the stream, not the run.
    if (name === 'catch_up' || name === 'replay' || name === 'subscribed') return
    this.sessionId = event.session_id ?? this.sessionId
    if (isOfWorkflow(name)) {
      const root = this.#rootFor(event, nowMs)
      applyStep(event, name, { root, steps: this.#steps, nowMs })
      this.#applyState(root, name, event, nowMs)
      return
    }
    const node = this.#nodeFor(event, nowMs)
    const plain = name.replace(/^Team/, '')
    this.#applyState(node, name, event, nowMs)
    if (plain.startsWith('ToolCall')) applyTool(node, plain, event, nowMs)
    else applyContent(node, plain, event, nowMs)
    this.#touchRow(node)
  }

  /** Shows the decisions on tool calls at once: AgentOS sends no event for a rejected call. */
  decide(decisions: { readonly field: string; readonly value: unknown } | undefined): void {
    if (this.root === undefined || decisions === undefined) return
    const decided = listIn(decisions.value).map(objectIn)
    const tools = decided.map((one) =>
      decisions.field === 'tools' ? one : objectIn(one['tool_execution']),
    )
    const { blocks } = this.root
    const known = tools.filter(({ tool_call_id: id }) =>
      blocks.some((block) => block.type === 'tool' && block.tool.tool_call_id === id),
    )
    noteTools(this.root, known as ToolExecution[], performance.now())
  }

  #rootFor(event: AnyEvent, nowMs: number): RunNode {
    if (this.root) return this.root
    const name = textIn(event.workflow_name) || textIn(event.workflow_id)
    this.root = newRun(textIn(event.run_id), name, nowMs)
    this.#nodes.set(this.root.id, this.root)
    return this.root
  }

  #nodeFor(event: AnyEvent, nowMs: number): RunNode {
    const id = textIn(event.run_id)
    const known = this.#nodes.get(id)
    if (known) return known
    const name = textIn(event.agent_name) || textIn(event.team_name) || textIn(event.agent_id)
    const node = newRun(id, name, nowMs)
    this.#nodes.set(id, node)
    if (this.root === undefined) {
      this.root = node
      return node
    }
    const row: Block = { type: 'run', run: node, rev: 0 }
    const step = stepOf(event, this.#steps)
    const parent = this.#parentFor(textIn(event.parent_run_id), this.root)
    this.#depths.set(node, (this.#depths.get(parent) ?? 0) + 1)
    closeText(parent)
    ;(step ?? parent).blocks.push(row)
    this.#rows.set(node, row)
    return node
  }

  /** Members inside of members are shown down to a limit; deeper ones are shown in the run itself. */
  #parentFor(id: string, root: RunNode): RunNode {
    const parent = this.#nodes.get(id) ?? root
    return (this.#depths.get(parent) ?? 0) < DEEPEST ? parent : root
  }

  #touchRow(node: RunNode): void {
    const row = this.#rows.get(node)
    if (row) row.rev++
  }

  #applyState(node: RunNode, name: string, event: AnyEvent, nowMs: number): void {
    const state = STATES.find(([pattern]) => pattern.test(name))?.[1]
    if (state === undefined) return
    // AgentOS sends RunCompleted after RunCancelled too.
    const isOver = node.state === 'cancelled' || node.state === 'error'
    if (!(isOver && state === 'completed')) node.state = state
    node.endedAt = state === 'running' ? undefined : nowMs
    node.model = textIn(event['model']) || node.model
    if (state !== 'running') node.metrics = objectIn(event['metrics'])
    if (state === 'paused') noteTools(node, pauseIn(event).tools, nowMs)
    if (node !== this.root) return
    this.pause = state === 'paused' ? pauseIn(event) : undefined
  }
}

const STATES: readonly (readonly [RegExp, RunState])[] = [
  [/^(?:(?:Team)?Run|Workflow)(?:Started|Continued)$/, 'running'],
  [/^(?:(?:Team)?Run|Workflow)Completed$/, 'completed'],
  [/^(?:(?:Team)?Run|Workflow)Paused$/, 'paused'],
  [/^(?:(?:Team)?Run|Workflow)Cancelled$/, 'cancelled'],
  [/^(?:(?:Team)?Run|Workflow)Error$/, 'error'],
]

function isOfWorkflow(name: string): boolean {
  return /^(?:Workflow|Step|Loop|Parallel|Condition|Router)/.test(name)
}

/** Reads the pause from an event or from the output of a paused run. */
export function pauseIn(output: Json): Pause {
  return {
    tools: listIn(output['tools']) as ToolExecution[],
    requirements: listIn(output['requirements']) as RunRequirement[],
    stepRequirements: listIn(output['step_requirements']) as StepRequirement[],
  }
}
