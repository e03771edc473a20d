/** Builds the tree of a run as its session has stored it: the runs of team members and the results of steps inside. */
import type { Json, SessionRun, ToolExecution } from '../api/types.ts'
import { listIn, objectIn, textIn } from '../api/types.ts'
import { addMedia, addSources } from './run-content.ts'
import type { Block, RunNode, RunState, StepBlock } from './run-model.ts'
import { DEEPEST, newRun } from './run-model.ts'
import { noteTools } from './run-tools.ts'

const STATES: Readonly<Record<string, RunState | undefined>> = {
  PAUSED: 'paused',
  ERROR: 'error',
  CANCELLED: 'cancelled',
  RUNNING: 'running',
  PENDING: 'running',
}

/** @param all runs of the session, with those of members */
export function storedNode(
  run: SessionRun,
  all: readonly SessionRun[],
  name: string,
  depth = 0,
): RunNode {
  const node = newRun(run.run_id, name, 0)
  node.endedAt = 0
  node.metrics = run.metrics ?? {}
  node.state = STATES[String(run.status).toUpperCase()] ?? 'completed'
  const reasoning = textIn(run['reasoning_content'])
  if (reasoning !== '') {
    const block = { type: 'reasoning', text: reasoning, isOpen: false } as const
    node.blocks.push({ ...block, steps: [], startedAt: 0, endedAt: 0, rev: 0 })
  }
  noteTools(node, listIn(run['tools']) as ToolExecution[], 0)
  if (depth < DEEPEST) {
    const members = all.filter((one) => one.parent_run_id === run.run_id && one !== run)
    for (const member of members) {
      const inner = storedNode(member, all, nameOf(member), depth + 1)
      node.blocks.push({ type: 'run', run: inner, rev: 0 })
    }
  }
  node.blocks.push(...stepsIn(run['step_results'], 0), ...contentBlocks(run.content))
  addSources(node, run as Json)
  addMedia(node, run as Json)
  return node
}

function nameOf(run: SessionRun): string {
  const names = ['agent_name', 'team_name', 'agent_id', 'team_id'].map((key) => textIn(run[key]))
  return names.find((name) => name !== '') ?? ''
}

function contentBlocks(content: unknown): Block[] {
  if (typeof content === 'string') {
    return content === '' ? [] : [{ type: 'text', text: content, isOpen: false, rev: 0 }]
  }
  const isObject = typeof content === 'object' && content !== null
  return isObject ? [{ type: 'structured', value: content, rev: 0 }] : []
}

/** A parallel step, a loop or a condition has the results of its steps in `steps`. */
function stepsIn(results: unknown, depth: number): StepBlock[] {
  if (depth >= DEEPEST) return []
  return listIn(results).map((each, index): StepBlock => {
    const result = objectIn(each)
    const inner = stepsIn(result['steps'], depth + 1)
    return {
      type: 'step',
      id: textIn(result['step_id']) || `step ${index}`,
      name: textIn(result['step_name']),
      construct: textIn(result['step_type']) || 'Step',
      state: result['success'] === false ? 'error' : 'completed',
      note: textIn(result['error']),
      startedAt: 0,
      endedAt: undefined,
      depth: depth + 1,
      blocks: inner.length > 0 ? inner : contentBlocks(result['content']),
      rev: 0,
    }
  })
}
