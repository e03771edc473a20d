/**
 * An AgentOS whose agents behave as their ids say: `echo`, `fail`, `hang`, `cut`. It records the requests it
 * received.
 */
import type { ServerResponse } from 'node:http'
import { startAgentOs } from '../../support/agentos.ts'
import type { FakeUpstream } from '../../support/fake-upstream.ts'
import { answerJson, beginEvents, eventText, wholeBody } from '../../support/fake-upstream.ts'
import type { Event } from './recordings.ts'
import { fieldsIn } from './recordings.ts'

/** The agents that it lists; others run as well. */
const LISTED = ['echo', 'echo-a', 'echo-b', 'hang', 'fail']

/** A scripted AgentOS. */
export interface Scripted {
  readonly upstream: FakeUpstream
  /** Ids of the runs whose cancellation was requested. */
  readonly cancelled: readonly string[]
  /** Form fields of the runs in order. */
  readonly runs: readonly Record<string, string | undefined>[]
}

/**
 * Agents by the first word of their id: `echo` repeats its input, `fail` ends with `RunError`, `hang` sends
 * one word and then nothing, `cut` breaks its stream, `refuse` answers 500, `flaky` fails once and then
 * repeats its input, `state` sets the session state's key `by` to its id.
 */
export async function startScripted(): Promise<Scripted> {
  const cancelled: string[] = []
  const runs: Record<string, string | undefined>[] = []
  const tries = new Map<string, number>()
  const upstream = await startAgentOs({ agents: LISTED }, async (request, response, message) => {
    const [, , id = '', , runId = '', action] = request.url.split(/[/?]/)
    await wholeBody(request, message)
    if (action === 'cancel') {
      cancelled.push(runId)
      return answerJson(response, {})
    }
    const fields = fieldsIn(request)
    runs.push({ agent: id, ...fields })
    const nth = (tries.get(id) ?? 0) + 1
    tries.set(id, nth)
    play(id, nth, fields, response)
  })
  return { upstream, cancelled, runs }
}

function play(
  id: string,
  nth: number,
  fields: ReturnType<typeof fieldsIn>,
  response: ServerResponse,
): void {
  const { run_id, session_id, message = '', stream } = fields
  const ids = { agent_id: id, agent_name: id, run_id, session_id, nested_depth: 0 }
  const kind = id.split('-')[0] ?? ''
  const script: Script = {
    kind,
    fails: kind === 'fail' || (kind === 'flaky' && nth === 1),
    content: `${id}(${message})`,
    event: (name, more = {}) => ({ event: name, ...ids, ...more }),
  }
  if (kind === 'refuse') answerJson(response, { detail: 'out of order' }, 500)
  else if (stream !== 'false') playEvents(script, response)
  else if (kind !== 'hang') {
    const end = script.fails
      ? { content: 'no', status: 'ERROR' }
      : { content: script.content, status: 'COMPLETED' }
    answerJson(response, { ...ids, ...end, metrics: METRICS })
  }
}

interface Script {
  readonly kind: string
  readonly fails: boolean
  readonly content: string
  readonly event: (name: string, more?: object) => Event
}

const METRICS = { input_tokens: 10, output_tokens: 3, total_tokens: 13 }

function playEvents({ kind, fails, content, event }: Script, response: ServerResponse): void {
  beginEvents(response)
  const send = (told: Event) => response.write(eventText(told))
  send(event('RunStarted', { model: 'm', model_provider: 'p' }))
  send(fails ? event('RunError', { content: 'no' }) : event('RunContent', { content }))
  if (kind === 'hang') return
  if (kind === 'cut') {
    setImmediate(() => response.destroy())
    return
  }
  const session_state = kind === 'state' ? { by: event('')['agent_id'] } : {}
  const end = { content, content_type: 'str', metrics: METRICS, session_state }
  if (!fails) send(event('RunCompleted', end))
  response.end()
}
