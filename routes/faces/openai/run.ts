/** Turns a conversation into one AgentOS request: a new run, or the continuation of a paused run. */
import { hash } from 'node:crypto'
import type { OpenAiFaceConfig } from '../../../config/types.ts'
import { identityKey } from '../../../plugins/rate-limit.ts'
import { GatewayError } from '../../../src/errors.ts'
import { namedComponent } from '../../../src/face/component-filter.ts'
import { continuationForm } from '../../../src/face/continuation.ts'
import type { FaceEvent } from '../../../src/face/face-events.ts'
import type { KeyedIds } from '../../../src/face/idempotency.ts'
import { keyedIds } from '../../../src/face/idempotency.ts'
import { badRequest } from '../../../src/face/json-body.ts'
import type { ToolAnswer } from '../../../src/face/openai/answers.ts'
import { answerInWords, answersFor, toolAnswers } from '../../../src/face/openai/answers.ts'
import { headerIn, SESSION_HEADER, sessionIdOf, userIdOf } from '../../../src/face/openai/caller.ts'
import { callWith, pauseText } from '../../../src/face/openai/pause-calls.ts'
import { newSessionId } from '../../../src/face/openai/run-token.ts'
import type { Conversation, RememberedSession, Turn } from '../../../src/face/openai/turns.ts'
import { conversationOf, planFor, withTranscript } from '../../../src/face/openai/turns.ts'
import type { Pause } from '../../../src/face/pause.ts'
import { runCommandForm } from '../../../src/face/run-command.ts'
import { storedEvents } from '../../../src/face/stored-events.ts'
import type { StoredRun } from '../../../src/face/stored-runs.ts'
import { isPaused, pausedRun, sessionRuns } from '../../../src/face/stored-runs.ts'
import { isObject } from '../../../src/json/is-object.ts'
import { percentEncoded } from '../../../src/parameters/path.ts'
import type { BaseRemote } from '../../../src/remote/base-remote.ts'
import type { FaceCall, FaceRequest } from '../face-call.ts'
import { askOf } from '../face-call.ts'

/** Members of a run request that chat completions and responses share. */
export interface RunWish {
  readonly model: string
  readonly turns: readonly Turn[]
  /** The session that the body names. */
  readonly sessionId: string | undefined
  readonly user: string | undefined
  readonly outputSchema: Readonly<Record<string, unknown>> | undefined
  readonly isBackground?: boolean
  /** Default true. */
  readonly isStreamed?: boolean
  /** The request is independent of any conversation. */
  readonly isSidePrompt?: boolean
}

/** An authorized request and its session. */
export interface PreparedRun {
  readonly remote: BaseRemote
  readonly asked: FaceRequest
  readonly sessionId: string
  /** Distinguishes the answer from the earlier ones of a run that was paused before. */
  readonly continuation?: string
  /** Events of the earlier run when this request is a repeat: the gateway then sends nothing to the AgentOS. */
  readonly replay?: readonly FaceEvent[]
}

/** @throws {GatewayError} when the request cannot be sent */
export async function prepareRun(
  call: FaceCall,
  face: OpenAiFaceConfig,
  wish: RunWish,
): Promise<PreparedRun> {
  const conversation = conversationOf(wish.turns)
  const answers = toolAnswers(conversation.toolTurns)
  const reference = answers[0]?.reference
  const path = reference ? `/runs/${percentEncoded(reference.runId)}/continue` : '/runs'
  const remote = await call.admit(namedComponent(wish.model), path)
  const { headers, caller } = call.request
  const named = wish.isSidePrompt ? undefined : sessionIdOf(headers, face, wish.sessionId)
  const userId = userIdOf(headers, caller, wish.user)
  const prepared =
    answers.length > 0
      ? await continuation(call, remote, { answers, sessionId: named, userId })
      : await newRun(call, remote, { face, wish, conversation, named, userId })
  // A header value cannot contain other characters.
  if (/^[\x21-\x7e]+$/.test(prepared.sessionId)) {
    call.reply.header(SESSION_HEADER, prepared.sessionId)
  }
  return prepared
}

interface Answering {
  readonly answers: readonly ToolAnswer[]
  readonly sessionId: string | undefined
  readonly userId: string | undefined
}

async function continuation(
  call: FaceCall,
  remote: BaseRemote,
  { answers, sessionId, userId }: Answering,
): Promise<PreparedRun> {
  const reference = answers[0]?.reference
  const pause = reference
    ? await pausedRun(askOf(call, remote), remote.kind, reference.runId, reference.sessionId)
    : await pauseWith(call, remote, answers, sessionId)
  return continued(remote, pause, answersFor(pause, answers), userId)
}

/** Finds the paused run of a session that waits for these calls. */
async function pauseWith(
  call: FaceCall,
  remote: BaseRemote,
  answers: readonly ToolAnswer[],
  sessionId: string | undefined,
): Promise<Pause> {
  const ask = askOf(call, remote)
  const runs = sessionId === undefined ? 'none' : await sessionRuns(ask, sessionId)
  const paused = Array.isArray(runs) ? runs.filter(isPaused) : []
  for (const { runId } of paused) {
    const pause = await pausedRun(ask, remote.kind, runId, sessionId as string)
    if (answers.every(({ callId }) => callWith(pause, callId) !== undefined)) return pause
  }
  throw badRequest('No run waits for these tool messages')
}

async function continued(
  remote: BaseRemote,
  pause: Pause,
  answers: Parameters<typeof continuationForm>[1],
  userId: string | undefined,
): Promise<PreparedRun> {
  const form = await continuationForm(pause, answers, { user_id: userId }).encode()
  const path = `/runs/${percentEncoded(pause.runId)}/continue`
  const continuation = hash(
    'sha256',
    JSON.stringify([...answers.keys()].sort()),
    'base64url',
  ).slice(0, 8)
  return { remote, asked: { path, form }, sessionId: pause.sessionId, continuation }
}

interface Asking {
  readonly face: OpenAiFaceConfig
  readonly wish: RunWish
  readonly conversation: Conversation
  /** Session that the caller names. */
  readonly named: string | undefined
  readonly userId: string | undefined
}

async function newRun(call: FaceCall, remote: BaseRemote, asking: Asking): Promise<PreparedRun> {
  const { face, wish, conversation, named, userId } = asking
  const { current, system } = conversation
  if (
    current.text === '' &&
    !current.images.length &&
    !current.files.length &&
    !current.audio.length
  ) {
    throw badRequest('The last message must have the role user')
  }
  const again = await sentBefore(call, remote, named)
  if (again) return again
  const runs = named === undefined ? 'none' : await sessionRuns(askOf(call, remote), named)
  const waiting = Array.isArray(runs) ? runs.findLast(isPaused) : undefined
  if (waiting) return answered(call, remote, { waiting, session: named as string, asking })
  const plan = planFor(conversation, rememberedOf(runs))
  const ids = idsOf(call, remote)
  const isNew = named === undefined || plan === 'branch'
  const sessionId = isNew ? (ids?.sessionId ?? newSessionId()) : named
  const text = plan === 'continue' ? current.text : withTranscript(conversation)
  const hasSystem = face.system === 'prepend' && system !== ''
  const form = await runCommandForm(remote.kind, {
    message: hasSystem ? `${system}\n\n${text}` : text,
    sessionId,
    userId,
    images: current.images,
    audio: current.audio,
    files: current.files,
    outputSchema: wish.outputSchema,
    isBackground: wish.isBackground ?? false,
    isStreamed: wish.isStreamed ?? true,
    fields: ids && { run_id: ids.runId },
  })
  return { remote, asked: { path: '/runs', form }, sessionId }
}

/** Derives ids from the header `Idempotency-Key`, if it is present. */
function idsOf({ request }: FaceCall, { kind, id }: BaseRemote): KeyedIds | undefined {
  const key = headerIn(request.headers, 'idempotency-key')
  return key === undefined ? undefined : keyedIds(identityKey(request), `${kind}/${id}`, key)
}

/** @throws {GatewayError} `AGW_RUN_IN_PROGRESS` while the run of the earlier request is in progress */
async function sentBefore(
  call: FaceCall,
  remote: BaseRemote,
  named: string | undefined,
): Promise<PreparedRun | undefined> {
  const ids = idsOf(call, remote)
  if (ids === undefined) return undefined
  const { runId, sessionId = ids.sessionId } = { ...ids, ...(named && { sessionId: named }) }
  const path = `/runs/${percentEncoded(runId)}?session_id=${percentEncoded(sessionId)}`
  const run = await askOf(call, remote)(path)
  if (!isObject(run)) return undefined
  const replay = storedEvents(remote.kind, run, { runId, sessionId })
  if (replay.length === 0) throw new GatewayError('AGW_RUN_IN_PROGRESS')
  return { remote, asked: { path: '/runs' }, sessionId, replay }
}

/**
 * Reads a message to a session with a paused run. A plain "yes" counts as consent only if the caller has enabled text
 * answers.
 */
async function answered(
  call: FaceCall,
  remote: BaseRemote,
  { waiting, session, asking }: { waiting: StoredRun; session: string; asking: Asking },
): Promise<PreparedRun> {
  const pause = await pausedRun(askOf(call, remote), remote.kind, waiting.runId, session)
  if (headerIn(call.request.headers, 'x-agentos-hitl') === 'text') {
    const words = asking.conversation.current.text
    return continued(remote, pause, answerInWords(pause, words), asking.userId)
  }
  throw new GatewayError('AGW_SESSION_PAUSED', {
    detail: `The session has a paused run: ${pauseText(pause)} Answer with tool messages, or in words with the header x-agentos-hitl: text, or use another session.`,
  })
}

function rememberedOf(
  runs: Awaited<ReturnType<typeof sessionRuns>>,
): RememberedSession | undefined {
  if (runs === 'none') return undefined
  return { inputs: runs?.map(({ input }) => input) }
}
