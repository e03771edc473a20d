/** Plays the run of one agent, and what an agent and the leader of a team have in common: thinking and speaking. */
import type { EventMaker } from './events.ts'
import { MODEL_FIELDS, metrics, PROVIDER_DATA, tokenCounts } from './events.ts'
import { runOutput } from './outputs.ts'
import type { Run, RunEvent } from './run.ts'
import type { Answer } from './scripts.ts'
import { pieces } from './scripts.ts'
import { pause } from './time.ts'
import { requireConfirmation } from './tools.ts'

export type Events = AsyncGenerator<RunEvent, void>

/** Plays a run from its start to its end or its pause. */
export async function* playAgent(
  run: Run,
  answer: Answer,
  signal: AbortSignal,
  make: EventMaker,
): Events {
  run.addMessage('user', { content: run.message })
  yield make('RunStarted', MODEL_FIELDS)
  if (answer.tool) {
    yield make('ModelRequestStarted', MODEL_FIELDS)
    yield modelCompleted(run, make, run.message, '')
    yield make('RunContentCompleted')
    requireConfirmation(run, answer.tool)
    yield make('RunPaused', {
      content: run.content,
      ...pick(runOutput(run), 'tools', 'requirements'),
    })
    return
  }
  yield* speak(run, answer, signal, make)
}

/** Plays the run of a team member or of a step's agent, as a part of its parent. */
export async function* playChild(parent: Run, child: Run, make: EventMaker): Events {
  const { component } = child
  if (component.kind !== 'agent') return
  child.status = 'RUNNING'
  parent.childRuns.push(child)
  for await (const event of playAgent(
    child,
    component.script(child.message),
    parent.signal,
    make,
  )) {
    child.log.push(event)
    yield event
  }
}

async function* think(
  text: string,
  delayMs: number,
  signal: AbortSignal,
  make: EventMaker,
): Events {
  yield make('ReasoningStarted')
  for (const piece of pieces(text)) {
    await pause(delayMs, signal)
    yield make('ReasoningContentDelta', { reasoning_content: piece })
  }
  yield make('ReasoningCompleted', { content: '', content_type: 'ReasoningSteps' })
}

/** Sends the answer word by word, and completes the run. */
export async function* speak(
  run: Run,
  answer: Answer,
  signal: AbortSignal,
  make: EventMaker,
): Events {
  const extras = run.component.kind === 'agent' ? { workflow_agent: false } : {}
  const said = { content_type: 'str', reasoning_content: '', model_provider_data: PROVIDER_DATA }
  yield make('ModelRequestStarted', MODEL_FIELDS)
  if (answer.reasoning) yield* think(answer.reasoning, answer.delayMs, signal, make)
  run.content = undefined
  for (const piece of pieces(answer.text)) {
    await pause(answer.delayMs, signal)
    run.spoke()
    run.content = (run.content ?? '') + piece
    yield make('RunContent', { content: piece, ...extras, ...said })
  }
  yield modelCompleted(run, make, run.message, answer.text)
  yield make('RunContentCompleted')
  run.addMessage('assistant', {
    content: answer.text,
    provider_data: PROVIDER_DATA,
    metrics: {
      ...tokenCounts(pieces(run.message).length, pieces(answer.text).length),
      ...run.timing(),
    },
  })
  run.finish('COMPLETED', answer.text)
  yield make('RunCompleted', {
    content: answer.text,
    content_type: 'str',
    model_provider_data: PROVIDER_DATA,
    ...(run.component.kind === 'agent' && { session_state: {} }),
    metrics: metrics(run),
    ...answer.extras,
  })
}

export function modelCompleted(run: Run, make: EventMaker, asked: string, said: string): RunEvent {
  const input = pieces(asked).length
  const output = pieces(said).length
  run.inputTokens += input
  run.outputTokens += output
  const { time_to_first_token } = run.timing()
  return make('ModelRequestCompleted', {
    ...MODEL_FIELDS,
    ...tokenCounts(input, output),
    ...(time_to_first_token !== undefined && { time_to_first_token }),
    reasoning_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
  })
}

export function pick(from: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, from[name]]))
}
