/** An AgentOS whose agents wait for their caller, each in the way that its id says. */
import type { ServerResponse } from 'node:http'
import { startAgentOs } from '../../support/agentos.ts'
import type { FakeUpstream } from '../../support/fake-upstream.ts'
import { answerJson, beginEvents, eventText, wholeBody } from '../../support/fake-upstream.ts'
import type { Dict } from './recordings.ts'
import { fieldsIn } from './recordings.ts'

/** Pauses of agents by the first word of their id. An agent with another id repeats its input. */
const TOOLS: Readonly<Record<string, Dict>> = {
  confirm: { requires_confirmation: true },
  twice: { requires_confirmation: true },
  input: {
    requires_user_input: true,
    user_input_schema: [
      { name: 'to', field_type: 'str', description: null, value: null },
      { name: 'cc', field_type: 'str', description: null, value: null },
    ],
  },
  feedback: {
    user_feedback_schema: [
      { question: 'Which?', options: [{ label: 'red' }, { label: 'blue' }], multi_select: false },
    ],
  },
  external: { external_execution_required: true },
  /** As an A2A agent: it says that it waits, and not for what. */
  message: {},
}

/** A scripted AgentOS. */
export interface Pausing {
  readonly upstream: FakeUpstream
  /** Agent and form fields of the runs in order. */
  readonly runs: readonly Dict[]
  /** Agent, run id and form fields of the continued runs in order. */
  readonly continued: readonly Dict[]
  /** Ids of the runs whose cancellation was requested. */
  readonly cancelled: readonly string[]
}

/** Listens until the test is over. An agent `…-plain` refuses to continue in the background. */
export async function startPausing(): Promise<Pausing> {
  const runs: Dict[] = []
  const continued: Dict[] = []
  const cancelled: string[] = []
  const agents = ['confirm', 'confirm-b', 'input', 'twice', 'echo']
  const upstream = await startAgentOs({ agents }, async (request, response, message) => {
    const [, , id = '', , runId = '', action] = request.url.split(/[/?]/)
    await wholeBody(request, message)
    if (action === 'cancel') {
      cancelled.push(runId)
      return answerJson(response, {})
    }
    const fields = fieldsIn(request)
    if (action === 'continue' && id.endsWith('-plain') && fields['background'] === 'true') {
      const detail = 'background=true continuation is only available for durably-submitted runs'
      return answerJson(response, { detail }, 409)
    }
    if (action === undefined) runs.push({ agent: id, ...fields })
    else continued.push({ agent: id, runId, ...fields })
    const round = continued.filter((one) => one['runId'] === runId).length
    const ids = { agent_id: id, agent_name: id, run_id: fields['run_id'] ?? runId }
    const given = { ids: { ...ids, session_id: fields['session_id'] }, round, fields }
    end(response, fields['stream'] !== 'false', given.ids, outcome(id, given))
  })
  return { upstream, runs, continued, cancelled }
}

interface Given {
  readonly ids: Dict
  /** 0 for the run itself. */
  readonly round: number
  readonly fields: ReturnType<typeof fieldsIn>
}

/** The last event's name and members. */
function outcome(id: string, { ids, round, fields }: Given): [string, Dict] {
  const kind = id.split('-')[0] ?? ''
  const metrics = { input_tokens: 10, output_tokens: 3, total_tokens: 13 }
  const tool = TOOLS[kind]
  const pauses = kind === 'twice' ? 2 : 1
  if (tool !== undefined && round < pauses) {
    const content = 'What now?'
    if (kind === 'message') return ['RunPaused', { content }]
    const tool_execution = {
      tool_call_id: 'call_0',
      tool_name: 'pay',
      tool_args: { n: 5 },
      ...tool,
    }
    const { user_input_schema } = tool
    const requirement = { id: `${ids['run_id']}-${round}`, created_at: 'now', tool_execution }
    const requirements = [{ ...requirement, ...(user_input_schema ? { user_input_schema } : {}) }]
    return ['RunPaused', { content, tools: [tool_execution], requirements, metrics }]
  }
  const said = round === 0 ? fields['message'] : answerIn(fields)
  return ['RunCompleted', { content: `${id}(${said})`, content_type: 'str', metrics }]
}

/** Text of the answer that an agent received. */
function answerIn(fields: ReturnType<typeof fieldsIn>): string {
  if (fields['message'] !== undefined) return fields['message']
  const [tool = {}] = JSON.parse(fields['tools'] ?? '[]') as Dict[]
  const inputs = (tool['user_input_schema'] ?? []) as Dict[]
  if (inputs.length > 0) return inputs.map(({ name, value }) => `${name}=${value}`).join()
  const [question] = (tool['user_feedback_schema'] ?? []) as Dict[]
  if (question) return String(question['selected_options'])
  if (tool['external_execution_required']) return String(tool['result'])
  const args = JSON.stringify(tool['tool_args'])
  return tool['confirmed'] === true ? `paid ${args}` : `not paid: ${tool['confirmation_note']}`
}

function end(
  response: ServerResponse,
  isStream: boolean,
  ids: Dict,
  [event, members]: [string, Dict],
): void {
  const status = event === 'RunPaused' ? 'PAUSED' : 'COMPLETED'
  if (!isStream) {
    answerJson(response, { ...ids, ...members, status })
    return
  }
  beginEvents(response)
  response.write(eventText({ event: 'RunStarted', ...ids, nested_depth: 0 }))
  response.write(eventText({ event, ...ids, nested_depth: 0, ...members }))
  response.end()
}
