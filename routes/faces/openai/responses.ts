/** Serves `/v1/responses`: creates, reads, streams and cancels responses. */
import type { FastifyReply } from 'fastify'
import type { OpenAiFaceConfig } from '../../../config/types.ts'
import { RequestForm } from '../../../src/client/request-form.ts'
import { GatewayError } from '../../../src/errors.ts'
import { collectRun } from '../../../src/face/collect-run.ts'
import { qualifiedName } from '../../../src/face/component-filter.ts'
import { badRequest } from '../../../src/face/json-body.ts'
import { pauseStyleOf } from '../../../src/face/openai/caller.ts'
import { failureOf } from '../../../src/face/openai/chat-completion.ts'
import { openAiRefusal } from '../../../src/face/openai/error-shape.ts'
import type { ResponseReference } from '../../../src/face/openai/response-id.ts'
import { responseReference } from '../../../src/face/openai/response-id.ts'
import type { ResponseFrame, ResponseStatus } from '../../../src/face/openai/response-object.ts'
import { responseObject, stateOf } from '../../../src/face/openai/response-object.ts'
import type { ResponseRequest } from '../../../src/face/openai/response-request.ts'
import { responseRequest } from '../../../src/face/openai/response-request.ts'
import { ResponseStream } from '../../../src/face/openai/response-stream.ts'
import { wholeResponse } from '../../../src/face/openai/whole-response.ts'
import { textOf } from '../../../src/face/run-result.ts'
import { storedRun } from '../../../src/face/stored-runs.ts'
import { isObject } from '../../../src/json/is-object.ts'
import { percentEncoded } from '../../../src/parameters/path.ts'
import { Relay } from '../../../src/relay/relay.ts'
import type { FaceCall } from '../face-call.ts'
import type { PreparedRun } from './run.ts'
import { prepareRun } from './run.ts'

type Answer = Promise<FastifyReply | undefined>

/** `POST /v1/responses`. */
export async function createResponse(call: FaceCall, face: OpenAiFaceConfig): Answer {
  const asked = responseRequest(await call.body())
  const isAccepted = asked.isBackground && !asked.isStream
  const prepared = await prepareRun(call, face, { ...asked, isStreamed: !isAccepted })
  const { remote, sessionId, asked: request, replay } = prepared
  const { kind, id } = remote
  const reference = { kind, id, sessionId, runId: '', continuation: prepared.continuation }
  const frame = frameOf(call, asked)
  if (isAccepted && !replay) return accepted(call, prepared, reference, frame)
  if (asked.isStream && replay) {
    return call.streamAgain(replay, new ResponseStream({ frame, reference }))
  }
  if (asked.isStream) {
    await call.stream(remote, request, new ResponseStream({ frame, reference }))
    return undefined
  }
  const run = await collectRun(replay ?? (await call.events(remote, request)))
  if (run.end.type === 'failed') {
    const { message, code } = run.end
    const { status, headers, body } = openAiRefusal(failureOf(message, code))
    return call.reply.code(status).headers(headers).send(body)
  }
  return call.reply.send(wholeResponse({ ...reference, runId: run.runId }, frame, run))
}

function frameOf({ request }: FaceCall, asked: ResponseRequest): ResponseFrame {
  const { model, isBackground, previousId, metadata, outputTool } = asked
  const created = Math.floor(Date.now() / 1000)
  const pauseStyle = pauseStyleOf(request.headers, asked.pauseStyle)
  return { model, created, isBackground, previousId, metadata, outputTool, pauseStyle }
}

/** AgentOS answers a background run at once, with its id. */
async function accepted(
  call: FaceCall,
  { remote, asked }: PreparedRun,
  reference: ResponseReference,
  frame: ResponseFrame,
): Answer {
  const answer = await call.ask(remote, asked)
  const runId = isObject(answer) ? textOf(answer['run_id']) : ''
  if (runId === '') throw badRequest('This component does not support background runs')
  const state = { status: 'queued', output: [] } as const
  return call.reply.send(responseObject({ ...reference, runId }, frame, state))
}

/** `GET /v1/responses/{id}`, with `stream` and `starting_after`. */
export async function showResponse(call: FaceCall): Answer {
  const reference = referenceIn(call)
  const { stream, starting_after: after } = call.request.query as Record<string, unknown>
  const path = `/runs/${percentEncoded(reference.runId)}`
  if (stream !== 'true') {
    const remote = await call.admit(reference, path, 'GET')
    const run = await storedRun(
      (asked) => call.ask(remote, { path: asked }),
      reference.runId,
      reference.sessionId,
    )
    return call.reply.send(responseOf(reference, run))
  }
  const startingAfter = after === undefined ? -1 : Number(after)
  if (!Number.isSafeInteger(startingAfter)) throw badRequest("'starting_after' must be a number")
  const remote = await call.admit(reference, `${path}/resume`)
  const form = await new RequestForm().set('session_id', reference.sessionId).encode()
  const frame = { ...frameFor(reference), isBackground: true }
  const translator = new ResponseStream({ frame, reference, startingAfter })
  await call.stream(remote, { path: `${path}/resume`, form }, translator)
  return undefined
}

/** `POST /v1/responses/{id}/cancel`. */
export async function cancelResponse(call: FaceCall): Answer {
  const reference = referenceIn(call)
  const path = `/runs/${percentEncoded(reference.runId)}`
  const remote = await call.admit(reference, `${path}/cancel`)
  const query = `?session_id=${percentEncoded(reference.sessionId)}`
  const run = await call.ask(remote, { path: path + query })
  if (run === undefined && !isOpenHere(call, reference)) {
    throw new GatewayError('AGW_NOT_FOUND', { detail: 'Run not found' })
  }
  const isOver = isObject(run) && ['COMPLETED', 'ERROR'].includes(textOf(run['status']))
  if (isOver) return call.reply.send(responseOf(reference, run))
  await call.ask(remote, { method: 'POST', path: `${path}/cancel${query}` })
  return call.reply.send(responseOf(reference, isObject(run) ? run : {}, 'cancelled'))
}

/**
 * Whether this process relays the run. AgentOS stores a background run before it answers, so a run that it does not have is
 * unknown, or in the foreground.
 */
function isOpenHere({ request }: FaceCall, { runId }: ResponseReference): boolean {
  const { openResponses } = request.server
  return [...openResponses].some((open) => open instanceof Relay && open.outcome.runId === runId)
}

/** `GET /v1/responses/{id}/input_items`. */
export async function listInputItems(call: FaceCall): Answer {
  const reference = referenceIn(call)
  const { runId, sessionId } = reference
  const remote = await call.admit(reference, `/runs/${percentEncoded(runId)}`, 'GET')
  const run = await storedRun((path) => call.ask(remote, { path }), runId, sessionId)
  const { input } = run
  const text = textOf(isObject(input) ? input['input_content'] : input)
  const content = [{ type: 'input_text', text }]
  const id = `msg_${runId}_input`
  const data = [{ id, type: 'message', role: 'user', status: 'completed', content }]
  return call.reply.send({ object: 'list', data, first_id: id, last_id: id, has_more: false })
}

function referenceIn({ request }: FaceCall): ResponseReference {
  return responseReference((request.params as { id: string }).id)
}

function frameFor({ kind, id }: ResponseReference): ResponseFrame {
  const model = qualifiedName(kind, id)
  const unknown = { previousId: undefined, metadata: {}, pauseStyle: 'text' } as const
  return { model, created: 0, isBackground: false, ...unknown }
}

function responseOf(
  reference: ResponseReference,
  run: Readonly<Record<string, unknown>>,
  status?: ResponseStatus,
) {
  const created = Number(run['created_at']) || 0
  const state = { ...stateOf(reference, run), ...(status && { status }) }
  return responseObject(reference, { ...frameFor(reference), created }, state)
}
