/** Applies events of tool calls. */
import type { ToolExecution } from '../api/types.ts'
import { objectIn } from '../api/types.ts'
import { addMedia, closeText } from './run-content.ts'
import type { AnyEvent, RunNode, ToolBlock, ToolState } from './run-model.ts'
import { isWaiting } from './run-model.ts'

/** @param name without the prefix `Team` */
export function applyTool(node: RunNode, name: string, event: AnyEvent, nowMs: number): void {
  const tool = objectIn(event['tool']) as ToolExecution
  const block = toolOf(node, tool, nowMs)
  block.tool = tool
  block.rev++
  if (name === 'ToolCallStarted') block.state = 'running'
  else {
    block.state = name === 'ToolCallError' || tool.tool_call_error ? 'error' : 'done'
    block.endedAt ??= nowMs
  }
  addMedia(node, event)
}

/** Adds the tool calls of a pause or of a stored run, with their states. */
export function noteTools(node: RunNode, tools: readonly ToolExecution[], nowMs: number): void {
  for (const tool of tools) {
    const block = toolOf(node, tool, nowMs)
    block.tool = tool
    block.state = stateOf(tool)
    if (block.state !== 'waiting') block.endedAt ??= nowMs
    block.rev++
  }
}

function stateOf(tool: ToolExecution): ToolState {
  if (isWaiting(tool)) return 'waiting'
  if (tool.requires_confirmation !== null && tool.confirmed === false) return 'rejected'
  return tool.tool_call_error ? 'error' : 'done'
}

function toolOf(node: RunNode, tool: ToolExecution, nowMs: number): ToolBlock {
  const known = node.blocks.find(
    (block) =>
      block.type === 'tool' &&
      block.tool.tool_call_id === tool.tool_call_id &&
      tool.tool_call_id != null,
  )
  if (known?.type === 'tool') return known
  closeText(node)
  const block: ToolBlock = {
    type: 'tool',
    tool,
    state: 'running',
    startedAt: nowMs,
    endedAt: undefined,
    rev: 0,
  }
  node.blocks.push(block)
  return block
}
