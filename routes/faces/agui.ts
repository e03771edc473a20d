/** Serves AG-UI for every component at `/agui/{kind}/{id}`, and at the mounts of the configuration. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AguiFaceConfig, ComponentKind } from '../../config/types.ts'
import { COMPONENT_KINDS } from '../../src/catalogue/catalogue.ts'
import { GatewayError } from '../../src/errors.ts'
import { AguiStream } from '../../src/face/agui/agui-stream.ts'
import type { AguiAnswer, AguiInput } from '../../src/face/agui/run-input.ts'
import { aguiInput } from '../../src/face/agui/run-input.ts'
import { continuationForm } from '../../src/face/continuation.ts'
import { agentOsRefusal } from '../../src/face/error-shape.ts'
import { badRequest } from '../../src/face/json-body.ts'
import type { Pause } from '../../src/face/pause.ts'
import type { Answer, PendingCall } from '../../src/face/pending-call.ts'
import { answerTo } from '../../src/face/pending-call.ts'
import { runCommandForm } from '../../src/face/run-command.ts'
import { isPaused, pausedRun, sessionRuns } from '../../src/face/stored-runs.ts'
import { percentEncoded } from '../../src/parameters/path.ts'
import type { BaseRemote } from '../../src/remote/base-remote.ts'
import type { FaceRequest } from './face-call.ts'
import { askOf, FaceCall } from './face-call.ts'
import { sendRefusal } from './send-refusal.ts'

interface Target {
  readonly kind: ComponentKind
  readonly id: string
}

export default async function agui(app: FastifyInstance, { mounts }: AguiFaceConfig) {
  app.setErrorHandler((error, request, reply) => sendRefusal(request, reply, error, agentOsRefusal))
  const config = { face: 'agui' } as const
  for (const kind of COMPONENT_KINDS) {
    const named = (request: FastifyRequest): Target => {
      const { '*': id } = request.params as { '*': string }
      return { kind, id }
    }
    app.post(`/agui/${kind}/*`, { config }, (request, reply) => run(request, reply, named(request)))
    app.get(`/agui/${kind}/*`, { config }, (request, reply) => show(request, reply, named(request)))
  }
  for (const { path, kind, id } of mounts) {
    app.post(`${path}/agui`, { config }, (request, reply) => run(request, reply, { kind, id }))
    app.get(`${path}/status`, { config }, async () => ({ status: 'available' }))
  }
}

/** @throws {GatewayError} `AGW_NOT_FOUND` for a face that a reload has turned off */
function callOf(request: FastifyRequest, reply: FastifyReply): FaceCall {
  const { agui: face } = request.gateway.config.faces
  if (face === undefined) throw new GatewayError('AGW_NOT_FOUND')
  return new FaceCall(request, reply, face, agentOsRefusal)
}

async function run(request: FastifyRequest, reply: FastifyReply, target: Target): Promise<void> {
  const call = callOf(request, reply)
  const input = await aguiInput(await call.body())
  const remote = await call.admit(target, '/runs')
  const { claims } = request.caller
  const asked = await requestOf(call, remote, input, claims?.sub)
  await call.stream(remote, asked, new AguiStream(input))
}

async function requestOf(
  call: FaceCall,
  remote: BaseRemote,
  input: AguiInput,
  userId: string | undefined,
): Promise<FaceRequest> {
  const { threadId, answers } = input
  const ask = askOf(call, remote)
  const runs = await sessionRuns(ask, threadId)
  const paused = Array.isArray(runs) ? runs.filter(isPaused) : []
  if (answers.length > 0) {
    for (const { runId } of paused.toReversed()) {
      const pause = await pausedRun(ask, remote.kind, runId, threadId)
      if (answers.every(({ callId }) => callOfPause(pause, callId))) {
        const form = continuationForm(pause, answersFor(pause, answers), { user_id: userId })
        return { path: `/runs/${percentEncoded(runId)}/continue`, form: await form.encode() }
      }
    }
    throw new GatewayError('AGW_RUN_NOT_PAUSED', {
      detail: 'No run of the thread waits for this answer',
    })
  }
  if (paused.length > 0) throw new GatewayError('AGW_SESSION_PAUSED')
  const { message, images, audio, videos, files, state, context } = input
  const hasMedia = images.length + audio.length + videos.length + files.length > 0
  if (message === '' && !hasMedia) throw badRequest('The last message must have the role user')
  const form = await runCommandForm(remote.kind, {
    message,
    sessionId: threadId,
    userId,
    images,
    audio,
    videos,
    files,
    sessionState: state,
    dependencies: context,
  })
  return { path: '/runs', form }
}

function callOfPause({ calls }: Pause, callId: string): PendingCall | undefined {
  return calls.find(({ id }) => id === callId)
}

function answersFor(pause: Pause, given: readonly AguiAnswer[]): Map<string, Answer> {
  return new Map(
    given.map(({ callId, payload, isError, isCancelled }) => {
      const call = callOfPause(pause, callId) as PendingCall
      return [callId, isCancelled ? declined(call) : answerTo(call, payload, isError)]
    }),
  )
}

/** The answer for a user who closes the question; undefined if the kind of call has none. */
function declined(call: PendingCall): Answer {
  if (call.kind === 'confirmation') return answerTo(call, { accepted: false })
  if (call.kind === 'external_execution') return answerTo(call, 'The user cancelled this', true)
  throw badRequest(`'${call.name}' can't be declined: answer it, or cancel the run`)
}

/** Answers with the capabilities of the component. */
async function show(request: FastifyRequest, reply: FastifyReply, target: Target) {
  const call = callOf(request, reply)
  const remote = await call.admit(target, '', 'GET')
  const { name } = remote
  return reply.send({
    identity: { name, type: 'agentos' },
    transport: { streaming: true },
    tools: { supported: true, clientProvided: true },
    state: { snapshots: true, deltas: false, persistentState: true },
    multiAgent: { supported: target.kind !== 'agents' },
    reasoning: { supported: true, streaming: true },
    humanInTheLoop: { supported: true, approvals: true, interrupts: true },
  })
}
