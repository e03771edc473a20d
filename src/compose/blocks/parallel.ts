/** Runs blocks in parallel, each with its own copy of the session state. */
import type { Block, ParallelBlock } from '../definition.ts'
import { mediaOf, presentMedia } from '../media.ts'
import type { StepOutput } from '../output.ts'
import { contentText, sumMetrics } from '../output.ts'
import { mergeBranches } from '../session-state.ts'
import type { Place, StepInput, WorkflowExecution } from '../workflow-execution.ts'
import { containerOutput, hasCompleted } from './container.ts'

/** Abort reason for the siblings of a failed branch. */
class SiblingFailed extends Error {
  override readonly name = 'SiblingFailed'
}

/**
 * Runs the branches. Sends `ParallelExecutionStarted`, the branches' events in the order of arrival, and
 * `ParallelExecutionCompleted`.
 */
export async function runParallel(
  execution: WorkflowExecution,
  block: ParallelBlock,
  input: StepInput,
  place: Place,
): Promise<StepOutput> {
  const count = { parallel_step_count: block.steps.length }
  await execution.emitBlockEvent('ParallelExecutionStarted', block, place, count)
  const branches = await runBranches(execution, block, input, place)
  const failed = branches.find(
    (output, i) => output?.success === false && !block.steps[i]?.optional,
  )
  // A branch that was stopped after a sibling's failure has no output.
  const outputs = branches.filter((output) => output !== undefined)
  const isPaused = outputs.some((output) => output.is_paused)
  const isStopped = outputs.some((output) => output.stop)
  if (hasCompleted({ failed, isPaused })) {
    const fields = { ...count, step_results: outputs }
    await execution.emitBlockEvent('ParallelExecutionCompleted', block, place, fields)
  }
  return containerOutput(execution, block, place, {
    failed,
    isPaused,
    isStopped,
    steps: outputs,
    content: aggregated(outputs),
    given: {
      executor_type: 'parallel',
      executor_name: block.name,
      ...presentMedia(mediaOf(outputs)),
      metrics: sumMetrics(outputs.map(({ metrics }) => metrics)),
    },
  })
}

async function runBranches(
  execution: WorkflowExecution,
  block: ParallelBlock,
  input: StepInput,
  place: Place,
): Promise<(StepOutput | undefined)[]> {
  const stop = new AbortController()
  const signal = AbortSignal.any([input.signal, stop.signal])
  const before = { ...input.state }
  const states = block.steps.map(() => structuredClone(before))
  const outputs: (StepOutput | undefined)[] = block.steps.map(() => undefined)
  let next = 0
  const work = async () => {
    while (next < block.steps.length && !stop.signal.aborted) {
      const index = next++
      const branch = block.steps[index] as Block
      const start = { ...input, state: states[index] ?? {}, signal }
      const output = await execution.block(branch, start, execution.below(place, index))
      if (output === undefined) continue
      outputs[index] = output
      const hasFailed = !output.success && !branch.optional
      if (hasFailed && block.onFailure !== 'wait') stop.abort(new SiblingFailed(block.name))
    }
  }
  const width = Math.min(block.limit ?? block.steps.length, block.steps.length)
  const ended = await Promise.allSettled(Array.from({ length: width }, work))
  for (const end of ended) {
    if (end.status === 'rejected' && !(end.reason instanceof SiblingFailed)) throw end.reason
  }
  mergeBranches(input.state, before, states)
  return outputs
}

/** Formats the outputs of all branches as one text, as Agno does. */
function aggregated(outputs: readonly StepOutput[]): string {
  const parts = outputs.map(({ success, step_name, content }) => {
    const text = contentText(content)
    const mark = success ? '✅ SUCCESS:' : '❌ FAILURE:'
    return `### ${mark} ${step_name}\n${text.trim() === '' ? '*(No content)*' : text}\n\n`
  })
  return `## Parallel Execution Results\n\n${parts.join('')}`.trim()
}
