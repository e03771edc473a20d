/** Applies events of workflows: steps and their containers. */
import { textIn } from '../api/types.ts'
import { strings } from '../strings.ts'
import { note } from './run-content.ts'
import type { AnyEvent, RunNode, RunState, StepBlock } from './run-model.ts'
import { DEEPEST } from './run-model.ts'

interface Place {
  readonly root: RunNode
  readonly steps: Map<string, StepBlock>
  readonly nowMs: number
}

const ENDS: Readonly<Record<string, RunState>> = {
  Completed: 'completed',
  Paused: 'paused',
  Error: 'error',
}

export function applyStep(event: AnyEvent, name: string, place: Place): void {
  const { root } = place
  if (name === 'WorkflowError') {
    note(root, 'error', textIn(event['error']) || textIn(event.content))
    endOpenSteps(place, 'error')
    return
  }
  if (name === 'WorkflowCancelled') {
    note(root, 'info', textIn(event['reason']) || strings.cancelled)
    endOpenSteps(place, 'cancelled')
    return
  }
  if (name === 'WorkflowCompleted') {
    conclude(event, place)
    return
  }
  const [, construct, end] =
    /^(Steps|Step|Loop|Parallel|Condition|Router)(?:Execution|Executor|Iteration)?(\w+)$/.exec(
      name,
    ) ?? []
  if (construct === undefined || end === undefined) return
  const step = stepFor(event, construct, place)
  if (step === undefined) return
  step.rev++
  if (name === 'LoopIterationStarted')
    step.note = strings.iteration(String(event['iteration'] ?? ''))
  if (name.includes('Iteration')) return
  if (end === 'Started' || end === 'Continued') step.state = 'running'
  const state = ENDS[end]
  if (state === undefined) return
  step.state = state
  step.endedAt = state === 'completed' || state === 'error' ? place.nowMs : undefined
  if (state === 'error') step.note = textIn(event['error'])
}

/** Finds the step of an event. */
export function stepOf(
  event: AnyEvent,
  steps: ReadonlyMap<string, StepBlock>,
): StepBlock | undefined {
  return steps.get(textIn(event.step_id))
}

function stepFor(event: AnyEvent, construct: string, place: Place): StepBlock | undefined {
  const { root, steps, nowMs } = place
  const id = textIn(event.step_id)
  const known = steps.get(id)
  if (known || id === '') return known
  const parent = parentOf(event, steps)
  const step: StepBlock = {
    type: 'step',
    id,
    name: textIn(event.step_name) || construct,
    construct,
    state: 'running',
    note: '',
    startedAt: nowMs,
    endedAt: undefined,
    depth: (parent?.depth ?? 0) + 1,
    blocks: [],
    rev: 0,
  }
  steps.set(id, step)
  ;(parent ?? root).blocks.push(step)
  if (parent) parent.rev++
  return step
}

function parentOf(event: AnyEvent, steps: ReadonlyMap<string, StepBlock>): StepBlock | undefined {
  const parent = steps.get(textIn(event['parent_step_id']))
  return parent && parent.depth < DEEPEST ? parent : undefined
}

function endOpenSteps({ steps, nowMs }: Place, state: RunState): void {
  for (const step of steps.values()) {
    if (step.state !== 'running') continue
    step.state = state
    step.endedAt = nowMs
    step.rev++
  }
}

/** A workflow's answer equals the answer of its last step. It is shown again below the steps. */
function conclude({ content }: AnyEvent, { root }: Place): void {
  if (typeof content === 'string' && content !== '') {
    root.blocks.push({ type: 'text', text: content, isOpen: false, rev: 0 })
  } else if (typeof content === 'object' && content !== null) {
    root.blocks.push({ type: 'structured', value: content, rev: 0 })
  }
}
