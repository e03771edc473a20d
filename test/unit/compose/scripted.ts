/**
 * An AgentOS whose agents behave as their ids say: `echo`, `fail`, `hang`, `cut`, `gate`. It records the requests it
 * received.
 */
import type { ServerResponse } from 'node:http'
import type { BlockLike, RemoteAgent } from '../../../src/index.ts'
import { Workflow } from '../../../src/index.ts'
import { startAgentOs } from '../../support/agentos.ts'
import type { FakeUpstream } from '../../support/fake-upstream.ts'
import { answerJson, beginEvents, eventText, wholeBody } from '../../support/fake-upstream.ts'
import type { Event } from './recordings.ts'
import { agent, fieldsIn } from './recordings.ts'
import { ScriptedRuns } from './scripted-runs.ts'

/** The agents that it lists; others run as well. */
const LISTED = [
  'echo',
  'echo-a',
  'echo-b',
  'hang',
  'fail',
  'gate',
  'gate-a',
  'gate-b',
  'inline-gate',
  'ask',
]

/** A scripted AgentOS. */
export interface Scripted {
  readonly upstream: FakeUpstream
  /** Ids of the runs whose cancellation was requested. */
  readonly cancelled: readonly string[]
  /** Form fields of the runs in order, with the kind of the request's `authorization`. */
  readonly runs: readonly Record<string, string | undefined>[]
  /** Ids of the runs that were continued after a pause, once for each time. */
  readonly continued: readonly string[]
  /** Continues the present and later runs of a `gate` agent. */
  release(agent: string): void
}

/**
 * Agents by the first word of their id: `echo` repeats its input, `fail` ends with `RunError`, `hang` sends
 * one word and then nothing, `cut` breaks its stream, `refuse` answers 500, `flaky` fails once and then
 * repeats its input, `state` sets the session state's key `by` to its id, `gate` repeats its input once it is released.
 * `ask` waits for a confirmation, and repeats its input once it is continued and released.
 * `draw` adds an image to its answer. `half` fails after a part of its answer, which its AgentOS stores.
 * `forget` repeats its input and keeps the output of a background run without its events.
 * `inline` agents have no database: they refuse to run in the background, and are else as their second word says.
 */
export async function startScripted(): Promise<Scripted> {
  const cancelled: string[] = []
  const runs: Record<string, string | undefined>[] = []
  const continued: string[] = []
  const tries = new Map<string, number>()
  const kept = new ScriptedRuns()
  const gates = new Map<string, PromiseWithResolvers<void>>()
  const gateOf = (id: string) => {
    const gate = gates.get(id) ?? Promise.withResolvers<void>()
    gates.set(id, gate)
    return gate
  }
  const upstream = await startAgentOs({ agents: LISTED }, async (request, response, message) => {
    const [, , id = '', , runId = '', action] = request.url.split(/[/?]/)
    await wholeBody(request, message)
    if (request.method === 'GET') return kept.read(runId, response)
    const fields = fieldsIn(request)
    if (action === 'resume') {
      const last = Number(fields['last_event_index'] ?? -1)
      return kept.resume(runId, last, response, !id.startsWith('forget'))
    }
    if (action === 'cancel') {
      cancelled.push(runId)
      return answerJson(response, {})
    }
    if (action === 'continue') {
      continued.push(runId)
      kept.continue(runId, response)
      return void playContinued(runId, gateOf(id).promise, kept)
    }
    const isKept = fields['background'] === 'true'
    if (isKept && id.startsWith('inline-')) return answerJson(response, NO_DATABASE, 400)
    runs.push({ agent: id, authorization: request.headers['authorization'], ...fields })
    const nth = (tries.get(id) ?? 0) + 1
    tries.set(id, nth)
    play(id.replace('inline-', ''), nth, fields, { response, kept, gate: gateOf(id).promise })
  })
  return { upstream, cancelled, runs, continued, release: (agent) => gateOf(agent).resolve() }
}

const NO_DATABASE = {
  detail: 'Background execution requires a database to be configured on the agent',
}

interface Played {
  readonly response: ServerResponse
  readonly kept: ScriptedRuns
  readonly gate: Promise<void>
}

function play(id: string, nth: number, fields: ReturnType<typeof fieldsIn>, played: Played): void {
  const { run_id, session_id, message = '', stream, background } = fields
  const { response } = played
  const ids = { agent_id: id, agent_name: id, run_id, session_id, nested_depth: 0 }
  const kind = id.split('-')[0] ?? ''
  const script: Script = {
    kind,
    runId: background === 'true' ? run_id : undefined,
    fails: kind === 'fail' || kind === 'half' || (kind === 'flaky' && nth === 1),
    content: `${id}(${message})`,
    event: (name, more = {}) => ({ event: name, ...ids, ...more }),
  }
  if (kind === 'refuse') answerJson(response, { detail: 'out of order' }, 500)
  else if (stream !== 'false') void playEvents(script, played)
  else if (kind !== 'hang') {
    const end = script.fails
      ? { content: 'no', status: 'ERROR' }
      : { content: script.content, status: 'COMPLETED', ...imagesOf(script) }
    answerJson(response, { ...ids, ...end, metrics: METRICS })
  }
}

interface Script {
  readonly kind: string
  /** Of a run in the background. */
  readonly runId: string | undefined
  readonly fails: boolean
  readonly content: string
  readonly event: (name: string, more?: object) => Event
}

const METRICS = { input_tokens: 10, output_tokens: 3, total_tokens: 13 }

function imagesOf({ kind, content }: Pick<Script, 'kind' | 'content'>) {
  return kind === 'draw' ? { images: [{ id: content, content: 'AAAA' }] } : {}
}

function questionOf(runId: string): Event[string] {
  const tool = { tool_call_id: 't', tool_name: 'pay', tool_args: {}, requires_confirmation: true }
  return { id: `q-${runId}`, tool_execution: tool }
}

async function playContinued(runId: string, gate: Promise<void>, kept: ScriptedRuns) {
  const ids = { agent_id: 'ask', agent_name: 'ask', run_id: runId, nested_depth: 0 }
  kept.add(runId, { event: 'RunContinued', ...ids })
  await gate
  kept.add(runId, { event: 'RunContent', ...ids, content: 'paid' })
  kept.add(runId, { event: 'RunCompleted', ...ids, content: 'paid', metrics: METRICS })
  kept.end(runId)
}

async function playEvents(
  { kind, runId, fails, content, event }: Script,
  { response, kept, gate }: Played,
): Promise<void> {
  if (runId === undefined) beginEvents(response)
  else kept.begin(runId, response)
  const send = (told: Event) =>
    runId === undefined ? response.write(eventText(told)) : kept.add(runId, told)
  send(event('RunStarted', { model: 'm', model_provider: 'p' }))
  if (kind === 'ask' && runId !== undefined) {
    send(event('RunPaused', { content: 'waits', requirements: [questionOf(runId)] }))
    return kept.end(runId)
  }
  if (kind === 'gate') await gate
  if (kind === 'half') send(event('RunContent', { content: 'hal' }))
  send(fails ? event('RunError', { content: 'no' }) : event('RunContent', { content }))
  if (kind === 'hang') return
  if (kind === 'cut') {
    await new Promise((resolve) => setImmediate(resolve))
    response.destroy()
    if (runId === undefined) return
  }
  const session_state = kind === 'state' ? { by: event('')['agent_id'] } : {}
  const end = {
    content,
    content_type: 'str',
    metrics: METRICS,
    session_state,
    ...imagesOf({ kind, content }),
  }
  if (!fails) send(event('RunCompleted', end))
  if (runId === undefined) response.end()
  else kept.end(runId)
}

/** A workflow whose members are agents of a scripted AgentOS. */
export async function scriptedWorkflow(make: (member: (id: string) => RemoteAgent) => BlockLike[]) {
  const scripted = await startScripted()
  const steps = make((id) => agent(scripted.upstream, id))
  return { ...scripted, workflow: new Workflow({ id: 'w', name: 'W', steps }) }
}
