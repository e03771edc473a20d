/** Runs, continues and cancels runs for tool calls: reports progress, and asks the user where a run waits. */
import { randomUUID } from 'node:crypto'
import { GatewayError } from '../../../src/errors.ts'
import type { CollectedRun } from '../../../src/face/collect-run.ts'
import { collectRun } from '../../../src/face/collect-run.ts'
import { continuationForm } from '../../../src/face/continuation.ts'
import type { FaceEvent } from '../../../src/face/face-events.ts'
import type { Elicitation } from '../../../src/face/mcp/elicitation.ts'
import { elicitationsOf, elicitedAnswers } from '../../../src/face/mcp/elicitation.ts'
import type { Progress } from '../../../src/face/mcp/progress.ts'
import { ProgressTranslator } from '../../../src/face/mcp/progress.ts'
import {
  answersInRequirements,
  pauseInRequirements,
} from '../../../src/face/mcp/requirement-answers.ts'
import { pausedAnswer, runAnswer } from '../../../src/face/mcp/run-answer.ts'
import type { ToolResult } from '../../../src/face/mcp/tool.ts'
import { textBlock } from '../../../src/face/mcp/tool.ts'
import type { ToolCall } from '../../../src/face/mcp/tool-call.ts'
import { pathIdIn } from '../../../src/face/mcp/tool-call.ts'
import type { Pause, PausedIds } from '../../../src/face/pause.ts'
import { runCommandForm } from '../../../src/face/run-command.ts'
import { pausedRun } from '../../../src/face/stored-runs.ts'
import { percentEncoded } from '../../../src/parameters/path.ts'
import type { BaseRemote } from '../../../src/remote/base-remote.ts'
import type { FaceCall, FaceRequest } from '../face-call.ts'
import { askOf } from '../face-call.ts'

type Called<Type extends ToolCall['type']> = Extract<ToolCall, { type: Type }>

/** The client's side of a tool call. */
export interface ToolClient {
  /** Sends one notification; undefined when the client wants none. */
  readonly report: ((progress: Progress) => Promise<void>) | undefined
  /** The client can show forms to its user. */
  readonly canElicit: boolean
  /** A repeated call: its state, which the gateway has signed, and the responses of the client. */
  readonly resumed:
    | { readonly state: PausedIds; readonly responses: Readonly<Record<string, unknown>> }
    | undefined
}

/** Forms for the user. The client repeats the call with its responses and the state. */
export interface InputRequired {
  readonly forms: ReadonlyMap<string, Elicitation>
  /** Ids of the run. They grant nothing: scopes are decided on the component of the repeated call. */
  readonly state: PausedIds
}

export type RunOutcome = ToolResult | InputRequired

const LABELS = { agents: 'Agent', teams: 'Team', workflows: 'Workflow' } as const

/**
 * Runs a component, or continues the run that the state of a repeated call names.
 *
 * @throws {GatewayError}, {AgentOSError} when the run cannot begin
 */
export async function runTool(
  call: FaceCall,
  remote: BaseRemote,
  asked: Called<'run'>,
  client: ToolClient,
): Promise<RunOutcome> {
  const userId = call.request.caller.claims?.sub ?? asked.userId
  if (client.resumed) return resume(call, remote, client, userId)
  const { message, sessionId = randomUUID() } = asked
  const form = await runCommandForm(remote.kind, { message, sessionId, userId })
  return finished(remote, await follow(call, remote, { path: '/runs', form }, client), client)
}

/** Continues the run with the responses of the user. */
async function resume(
  call: FaceCall,
  remote: BaseRemote,
  client: ToolClient,
  userId: string | undefined,
): Promise<RunOutcome> {
  const { state, responses } = client.resumed as NonNullable<ToolClient['resumed']>
  const { sessionId } = state
  const runId = pathIdIn({ run_id: state.runId }, 'run_id')
  const pause = await pausedRun(askOf(call, remote), remote.kind, runId, sessionId)
  const answers = elicitedAnswers(pause, responses)
  if (answers === undefined) {
    return pausedAnswer(remote, pause, 'The user has not answered: the run still waits.')
  }
  const form = await continuationForm(pause, answers, { user_id: userId }).encode()
  const path = `/runs/${percentEncoded(runId)}/continue`
  return finished(remote, await follow(call, remote, { path, form }, client), client)
}

/**
 * Continues a paused run with the requirements that the caller has filled in.
 *
 * @throws {GatewayError} `AGW_RUN_NOT_PAUSED` for a second answer, `AGW_NOT_FOUND`, `AGW_BAD_REQUEST`
 */
export async function continueTool(
  call: FaceCall,
  remote: BaseRemote,
  asked: Called<'continue'>,
  client: ToolClient,
): Promise<ToolResult> {
  const { runId, sessionId = '', requirements } = asked
  const userId = call.request.caller.claims?.sub ?? asked.userId
  const path = `/runs/${percentEncoded(runId)}/continue`
  const { kind } = remote
  const pause = call.may(remote, 'GET', `/runs/${percentEncoded(runId)}`)
    ? await pausedRun(askOf(call, remote), kind, runId, sessionId)
    : pauseInRequirements(kind, requirements, { runId, sessionId })
  const answers = answersInRequirements(pause, requirements)
  const form = await continuationForm(pause, answers, { user_id: userId }).encode()
  return runAnswer(remote, await follow(call, remote, { path, form }, client))
}

/** Asks AgentOS to cancel a run. */
export async function cancelTool(
  call: FaceCall,
  remote: BaseRemote,
  { runId, sessionId }: Called<'cancel'>,
): Promise<ToolResult> {
  const query = sessionId === undefined ? '' : `?session_id=${percentEncoded(sessionId)}`
  const path = `/runs/${percentEncoded(runId)}/cancel${query}`
  const answer = await call.ask(remote, { method: 'POST', path })
  if (answer === undefined) throw new GatewayError('AGW_NOT_FOUND', { detail: 'Run not found' })
  const result = `Run ${runId} cancellation requested`
  return { content: [textBlock(result)], structuredContent: { result } }
}

/** The answer, or the forms of a run that waits. */
function finished(remote: BaseRemote, run: CollectedRun, { canElicit }: ToolClient): RunOutcome {
  const { end } = run
  const forms = canElicit && end.type === 'paused' ? elicitationsOf(end.pause) : undefined
  return forms ? { forms, state: stateOf((end as { pause: Pause }).pause) } : runAnswer(remote, run)
}

function stateOf({ runId, sessionId }: Pause): PausedIds {
  return { runId, sessionId }
}

/** Reads a run to its end. Leaving or cancelling the call cancels the run, as the protocol demands. */
async function follow(
  call: FaceCall,
  remote: BaseRemote,
  request: FaceRequest,
  { report }: ToolClient,
): Promise<CollectedRun> {
  const label = `${LABELS[remote.kind]} ${remote.name}`
  const progress = new ProgressTranslator(label, performance.now())
  const onHeartbeat = () => void report?.(progress.silence(performance.now()))
  const events = await call.events(remote, request, {
    onDisconnect: 'cancel',
    ...(report && { onHeartbeat }),
  })
  return collectRun(report ? reported(events, progress, report) : events)
}

async function* reported(
  events: AsyncIterable<FaceEvent>,
  progress: ProgressTranslator,
  report: (progress: Progress) => Promise<void>,
): AsyncGenerator<FaceEvent, void, undefined> {
  for await (const event of events) {
    const progressMessage = progress.push(event, performance.now())
    if (progressMessage) await report(progressMessage)
    yield event
  }
}
