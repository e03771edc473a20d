/** Serves A2A 1.0 and 0.3 for every component at `/a2a/{kind}/{id}/`: the card, JSON-RPC and REST. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { A2aFaceConfig, ComponentKind } from '../../config/types.ts'
import { COMPONENT_KINDS } from '../../src/catalogue/catalogue.ts'
import { GatewayError } from '../../src/errors.ts'
import { failureOfRefusal } from '../../src/face/a2a/a2a-error.ts'
import type { Operation } from '../../src/face/a2a/operation.ts'
import type { Wire } from '../../src/face/a2a/wire.ts'
import { failureAnswer, UNKNOWN_WIRE } from '../../src/face/a2a/wire.ts'
import { agentOsRefusal } from '../../src/face/error-shape.ts'
import { sendCatalog, sendComponentCard, sendRootCard } from './a2a/cards.ts'
import type { Target } from './a2a/read.ts'
import { readRest, readRpc } from './a2a/read.ts'
import { sendMessage, streamMessage } from './a2a/send.ts'
import { sendFailure } from './a2a/send-failure.ts'
import { cancelTask, getTask, listTasks, refuseOperation, subscribe } from './a2a/tasks.ts'
import { FaceCall } from './face-call.ts'
import { sendRefusal } from './send-refusal.ts'

type Answer = Promise<FastifyReply | undefined>
type Perform = (call: FaceCall, target: Target, operation: Operation) => Answer

const OPERATIONS: Readonly<Record<Operation['name'], Perform>> = {
  send: sendMessage,
  stream: streamMessage,
  get: getTask,
  list: listTasks,
  cancel: cancelTask,
  subscribe,
  push: refuseOperation,
  extendedCard: refuseOperation,
}

export default async function a2a(app: FastifyInstance) {
  app.setErrorHandler((error, request, reply) => {
    if (request.routeOptions.url?.endsWith('/*')) {
      return sendFailure(request, reply, error, { ...UNKNOWN_WIRE, binding: 'rest' })
    }
    // Cards are plain documents, so their errors have AgentOS's form.
    return request.method === 'GET'
      ? sendRefusal(request, reply, error, agentOsRefusal)
      : sendFailure(request, reply, error, UNKNOWN_WIRE)
  })
  const config = { face: 'a2a', heedsChoice: true } as const
  for (const kind of COMPONENT_KINDS) {
    const base = `/a2a/${kind}/:id`
    for (const url of [
      base,
      `${base}/.well-known/agent-card.json`,
      `${base}/.well-known/agent.json`,
    ]) {
      app.get(url, { config }, (request, reply) =>
        sendComponentCard(callFor(request, reply), targetIn(request, kind)),
      )
    }
    app.post(base, { config }, (request, reply) => serve(request, reply, kind, readRpc))
    app.route({
      method: ['GET', 'POST', 'DELETE'],
      url: `${base}/*`,
      config,
      handler: (request, reply) => serve(request, reply, kind, readRest),
    })
  }
  app.get('/.well-known/agent-card.json', { config }, (request, reply) =>
    sendRootCard(callFor(request, reply), faceOf(request)),
  )
  app.get('/.well-known/ai-catalog.json', { config }, (request, reply) =>
    sendCatalog(request, reply, faceOf(request)),
  )
}

/** Reads the request, performs its operation, and answers failures in the request's own form. */
async function serve(
  request: FastifyRequest,
  reply: FastifyReply,
  kind: ComponentKind,
  read: (call: FaceCall, known: (wire: Wire) => void) => Promise<Operation>,
): Answer {
  let wire = UNKNOWN_WIRE
  try {
    const call = callFor(request, reply, () => wire)
    const operation = await read(call, (known) => {
      wire = known
    })
    wire = operation.wire
    return await OPERATIONS[operation.name](call, targetIn(request, kind), operation)
  } catch (error) {
    return sendFailure(request, reply, error, wire)
  }
}

function targetIn({ params }: FastifyRequest, kind: ComponentKind): Target {
  const { id } = params as { id: string }
  return { kind, id }
}

function callFor(
  request: FastifyRequest,
  reply: FastifyReply,
  wire = () => UNKNOWN_WIRE,
): FaceCall {
  return new FaceCall(request, reply, faceOf(request), (refusal) =>
    failureAnswer(wire(), failureOfRefusal(refusal)),
  )
}

/** @throws {GatewayError} `AGW_NOT_FOUND` for a face that a reload has turned off */
function faceOf({ gateway }: FastifyRequest): A2aFaceConfig {
  const { a2a: face } = gateway.config.faces
  if (face === undefined) throw new GatewayError('AGW_NOT_FOUND')
  return face
}
