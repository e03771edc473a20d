/** Serves the operations on tasks: get, list, cancel and subscribe. A task is a run of its AgentOS. */
import type { FastifyReply } from 'fastify'
import { RequestForm } from '../../../src/client/request-form.ts'
import { A2aError } from '../../../src/face/a2a/a2a-error.ts'
import { lengthAt } from '../../../src/face/a2a/message.ts'
import type { Operation } from '../../../src/face/a2a/operation.ts'
import { taskIdIn } from '../../../src/face/a2a/operation.ts'
import { taskFrame, taskOfStored, withHistory } from '../../../src/face/a2a/task.ts'
import type { TaskReference } from '../../../src/face/a2a/task-id.ts'
import { taskReference } from '../../../src/face/a2a/task-id.ts'
import { isTerminal, statusOf } from '../../../src/face/a2a/task-state.ts'
import { TaskStream } from '../../../src/face/a2a/task-stream.ts'
import { resultFrame, taskIn } from '../../../src/face/a2a/wire.ts'
import { stringAt } from '../../../src/face/json-body.ts'
import type { StoredOutput } from '../../../src/face/stored-runs.ts'
import { EVENT_STREAM } from '../../../src/face/translator.ts'
import { isObject } from '../../../src/json/is-object.ts'
import { percentEncoded } from '../../../src/parameters/path.ts'
import type { BaseRemote } from '../../../src/remote/base-remote.ts'
import type { FaceCall } from '../face-call.ts'
import type { Target } from './read.ts'
import { sendResult } from './send-result.ts'

type Answer = Promise<FastifyReply | undefined>

export { listTasks } from './task-list.ts'

export async function getTask(call: FaceCall, target: Target, operation: Operation): Answer {
  const { wire, params } = operation
  const historyLength = lengthAt(params, 'historyLength')
  const { taskId, reference } = namedTask(operation)
  const remote = await call.admit(target, pathOf(reference), 'GET')
  const run = await runOf(call, remote, reference)
  const task = await taskOfStored(wire, run, { kind: remote.kind, reference, taskId })
  return sendResult(call, wire, taskIn(wire, withHistory(task, historyLength)))
}

export async function cancelTask(call: FaceCall, target: Target, operation: Operation): Answer {
  const { wire } = operation
  const { taskId, reference } = namedTask(operation)
  const path = `${pathOf(reference)}/cancel`
  const remote = await call.admit(target, path)
  const run = await runOf(call, remote, reference)
  const task = await taskOfStored(wire, run, { kind: remote.kind, reference, taskId })
  if (isTerminal(task.status.state)) throw new A2aError('notCancelable')
  await call.ask(remote, { method: 'POST', path: path + queryOf(reference) })
  const status = statusOf('canceled', new Date().toISOString())
  return sendResult(call, wire, taskIn(wire, { ...task, status }))
}

/** Follows a run from its first event; a task that waits for an answer is shown once. */
export async function subscribe(call: FaceCall, target: Target, operation: Operation): Answer {
  const { wire } = operation
  const { taskId, reference } = namedTask(operation)
  const path = `${pathOf(reference)}/resume`
  const remote = await call.admit(target, path)
  const run = await runOf(call, remote, reference)
  const task = await taskOfStored(wire, run, { kind: remote.kind, reference, taskId })
  if (isTerminal(task.status.state)) {
    throw new A2aError('unsupported', `The task is over: its state is ${task.status.state}`)
  }
  if (task.status.state === 'input-required') {
    return call.reply.type(EVENT_STREAM).send(resultFrame(wire, task))
  }
  const form = await new RequestForm().set('session_id', reference.sessionId).encode()
  const frame = taskFrame(reference, task.history?.[0], taskId)
  await call.stream(remote, { path, form }, new TaskStream(wire, frame, 'working'))
  return undefined
}

/** Answers operations that the card declares absent. */
export async function refuseOperation(
  _call: FaceCall,
  _target: Target,
  operation: Operation,
): Answer {
  const { name, wire } = operation
  if (name === 'push') throw new A2aError('push')
  throw new A2aError(wire.version === '1.0' ? 'unsupported' : 'extendedCard')
}

interface NamedTask {
  /** As the caller names it. */
  readonly taskId: string
  readonly reference: TaskReference
}

/** @throws {A2aError} `params`; `taskNotFound` for an id that names no session */
function namedTask({ params }: Operation): NamedTask {
  const taskId = taskIdIn(params)
  const reference = taskReference(taskId, stringAt(params, 'contextId'))
  if (reference === undefined) throw new A2aError('taskNotFound')
  return { taskId, reference }
}

function pathOf({ runId }: TaskReference): string {
  return `/runs/${percentEncoded(runId)}`
}

function queryOf({ sessionId }: TaskReference): string {
  return `?session_id=${percentEncoded(sessionId)}`
}

/** @throws {A2aError} `taskNotFound`, also for a run of another user: the AgentOS decides about that */
async function runOf(
  call: FaceCall,
  remote: BaseRemote,
  reference: TaskReference,
): Promise<StoredOutput> {
  const run = await call.ask(remote, { path: pathOf(reference) + queryOf(reference) })
  if (isObject(run)) return run
  throw new A2aError('taskNotFound')
}
