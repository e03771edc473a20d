/** Serves `message/send` and `message/stream`: starts a run, or answers a paused one. */
import { randomUUID } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { Task } from '../../../src/a2a/wire.ts'
import { GatewayError } from '../../../src/errors.ts'
import { A2aError } from '../../../src/face/a2a/a2a-error.ts'
import { AgentOsStream } from '../../../src/face/a2a/agentos-stream.ts'
import type { SendRequest } from '../../../src/face/a2a/message.ts'
import { sendRequest } from '../../../src/face/a2a/message.ts'
import type { Operation } from '../../../src/face/a2a/operation.ts'
import {
  openTask,
  reframed,
  taskFrame,
  taskOfRun,
  taskOfStored,
  withHistory,
} from '../../../src/face/a2a/task.ts'
import type { TaskFrame } from '../../../src/face/a2a/task-id.ts'
import { newRunId, taskReference } from '../../../src/face/a2a/task-id.ts'
import { answersIn } from '../../../src/face/a2a/task-pause.ts'
import { statusOf, timestampOf } from '../../../src/face/a2a/task-state.ts'
import { TaskStream } from '../../../src/face/a2a/task-stream.ts'
import type { Wire } from '../../../src/face/a2a/wire.ts'
import { resultFrame, resultIn } from '../../../src/face/a2a/wire.ts'
import { collectRun } from '../../../src/face/collect-run.ts'
import { continuationForm } from '../../../src/face/continuation.ts'
import { badRequest } from '../../../src/face/json-body.ts'
import { headerIn, userIdOf } from '../../../src/face/openai/caller.ts'
import { runCommandForm } from '../../../src/face/run-command.ts'
import { textOf } from '../../../src/face/run-result.ts'
import { pausedRun, storedRun } from '../../../src/face/stored-runs.ts'
import { EVENT_STREAM } from '../../../src/face/translator.ts'
import { percentEncoded } from '../../../src/parameters/path.ts'
import type { BaseRemote } from '../../../src/remote/base-remote.ts'
import type { FaceCall, FaceRequest } from '../face-call.ts'
import { askOf } from '../face-call.ts'
import { databaseOf } from './database.ts'
import type { Target } from './read.ts'
import { sendResult } from './send-result.ts'

type Answer = Promise<FastifyReply | undefined>

/** A request to the AgentOS, and the task that it begins or continues. */
interface PreparedRun {
  readonly remote: BaseRemote
  readonly asked: FaceRequest
  readonly frame: TaskFrame
  /** The run continues without its caller, and can be read in progress. */
  readonly isBackground: boolean
}

/** The message answers nothing: the task still waits. */
interface WaitingTask {
  readonly waiting: Task
}

export async function sendMessage(call: FaceCall, target: Target, operation: Operation): Answer {
  const { wire, params } = operation
  const asked = sendRequest(params, wire)
  const prepared = await prepare(call, target, { asked, wire })
  const send = (task: Task) =>
    sendResult(call, wire, resultIn(wire, withHistory(task, asked.historyLength)))
  if ('waiting' in prepared) return send(prepared.waiting)
  const { remote, asked: request, frame, isBackground } = prepared
  const events = await call.events(remote, request)
  if (!asked.isBlocking && isBackground) {
    for await (const event of events) {
      if (event.type !== 'started') break
      const own = reframed(frame, event.runId, event.sessionId)
      return send(openTask(own, statusOf('working', timestampOf(event))))
    }
  }
  const run = await collectRun(events)
  return send(taskOfRun(wire, reframed(frame, run.runId, run.sessionId), run))
}

export async function streamMessage(call: FaceCall, target: Target, operation: Operation): Answer {
  const { wire, params } = operation
  const message = sendRequest(params, wire)
  const prepared = await prepare(call, target, { asked: message, wire })
  if ('waiting' in prepared) {
    const frames = resultFrame(wire, prepared.waiting)
    return call.reply.type(EVENT_STREAM).send(frames)
  }
  const { remote, asked, frame } = prepared
  const firstState = message.taskId === undefined ? 'submitted' : 'working'
  const translator = wire.isAgentOs
    ? new AgentOsStream(wire, frame)
    : new TaskStream(wire, frame, firstState)
  await call.stream(remote, asked, translator)
  return undefined
}

interface Asking {
  readonly asked: SendRequest
  readonly wire: Wire
}

function prepare(
  call: FaceCall,
  target: Target,
  asking: Asking,
): Promise<PreparedRun | WaitingTask> {
  return asking.asked.taskId === undefined
    ? newRun(call, target, asking)
    : continuation(call, target, asking, asking.asked.taskId)
}

async function newRun(call: FaceCall, target: Target, { asked }: Asking): Promise<PreparedRun> {
  const remote = await call.admit(target, '/runs')
  const sessionId = asked.contextId ?? randomUUID()
  const runId = newRunId(sessionId)
  const isBackground = (await databaseOf(call, remote)) !== undefined
  const { text: message, images, audio, videos, files, metadata } = asked
  const form = await runCommandForm(remote.kind, {
    message,
    sessionId,
    userId: userOf(call, asked),
    images,
    audio,
    videos,
    files,
    isBackground,
    fields: { run_id: runId, ...(metadata && { metadata }) },
  })
  const frame = taskFrame({ runId, sessionId }, asked.message)
  return { remote, asked: { path: '/runs', form }, frame, isBackground }
}

/** @throws {A2aError} `taskNotFound`; @throws {GatewayError} `AGW_RUN_NOT_PAUSED`, `AGW_BAD_REQUEST` */
async function continuation(
  call: FaceCall,
  target: Target,
  { asked, wire }: Asking,
  taskId: string,
): Promise<PreparedRun | WaitingTask> {
  const reference = taskReference(taskId, asked.contextId)
  if (reference === undefined) throw new A2aError('taskNotFound')
  const { runId, sessionId } = reference
  if (asked.contextId !== undefined && asked.contextId !== sessionId) {
    throw badRequest("'contextId' is not the one of the task")
  }
  const path = `/runs/${percentEncoded(runId)}/continue`
  const remote = await call.admit(target, path)
  const ask = askOf(call, remote)
  const pause = await pausedRun(ask, remote.kind, runId, sessionId).catch(asTaskError)
  const answers = answersIn(asked, pause)
  if (answers === undefined) {
    const run = await storedRun(ask, runId, sessionId)
    return { waiting: await taskOfStored(wire, run, { kind: remote.kind, reference, taskId }) }
  }
  const isBackground = (await databaseOf(call, remote)) !== undefined
  const fields = { user_id: userOf(call, asked), background: isBackground || undefined }
  const form = await continuationForm(pause, answers, fields).encode()
  const frame = taskFrame(reference, asked.message, taskId)
  return { remote, asked: { path, form }, frame, isBackground }
}

function asTaskError(error: unknown): never {
  const isUnknown = error instanceof GatewayError && error.code === 'AGW_NOT_FOUND'
  throw isUnknown ? new A2aError('taskNotFound') : error
}

/** Agno's clients name the user in a header of their own, or in the message. */
function userOf({ request }: FaceCall, { metadata }: SendRequest): string | undefined {
  const { headers, caller } = request
  const named = headerIn(headers, 'x-user-id') ?? (textOf(metadata?.['userId']) || undefined)
  return userIdOf(headers, caller, named)
}
