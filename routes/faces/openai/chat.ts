/** Serves `POST /v1/chat/completions`, streamed or as one JSON answer. */
import type { FastifyReply } from 'fastify'
import type { OpenAiFaceConfig } from '../../../config/types.ts'
import { collectRun } from '../../../src/face/collect-run.ts'
import { badRequest } from '../../../src/face/json-body.ts'
import { pauseStyleOf } from '../../../src/face/openai/caller.ts'
import { chatCompletion, failureOf } from '../../../src/face/openai/chat-completion.ts'
import type { ChatRequest } from '../../../src/face/openai/chat-request.ts'
import { chatRequest } from '../../../src/face/openai/chat-request.ts'
import { ChatStream } from '../../../src/face/openai/chat-stream.ts'
import { openAiRefusal } from '../../../src/face/openai/error-shape.ts'
import type { FaceCall } from '../face-call.ts'
import { prepareRun } from './run.ts'

/** @param logged ignored members that the log already contains */
export async function chat(
  call: FaceCall,
  face: OpenAiFaceConfig,
  logged: Set<string>,
): Promise<FastifyReply | undefined> {
  const asked = chatRequest(await call.body())
  logIgnored(call, asked, logged)
  const isSidePrompt = isSide(asked)
  if (isSidePrompt && face.sidePrompts === 'refuse') {
    throw badRequest(
      'This gateway refuses prompts for titles, tags and follow-ups (side_prompts: refuse)',
    )
  }
  const isElsewhere = isSidePrompt && face.sidePrompts !== 'run'
  const model = isElsewhere ? face.sidePrompts : asked.model
  const prepared = await prepareRun(call, face, { ...asked, model, isSidePrompt })
  const { remote, asked: request, replay, continuation } = prepared
  const options = {
    model: asked.model,
    pauseStyle: pauseStyleOf(call.request.headers, asked.pauseStyle),
    includesUsage: asked.includesUsage,
    outputTool: asked.outputTool,
    continuation,
    created: Math.floor(Date.now() / 1000),
  }
  if (asked.isStream && replay) return call.streamAgain(replay, new ChatStream(options))
  if (asked.isStream) {
    await call.stream(remote, request, new ChatStream(options))
    return undefined
  }
  const run = await collectRun(replay ?? (await call.events(remote, request)))
  const { reply } = call
  if (run.runId !== '') reply.header('x-agentos-run-id', run.runId)
  if (run.end.type === 'failed') {
    const { message, code } = run.end
    const { status, headers, body } = openAiRefusal(failureOf(message, code))
    return reply.code(status).headers(headers).send(body)
  }
  return reply.type('application/json').send(JSON.stringify(chatCompletion(run, options)))
}

/** Chat programs send these members with every request, so the log contains each one once. */
function logIgnored({ request }: FaceCall, { ignored }: ChatRequest, logged: Set<string>): void {
  const members = ignored.filter((name) => !logged.has(name))
  if (members.length === 0) return
  for (const name of members) logged.add(name)
  request.log.info({ members }, 'request members ignored: the agent sets its own values')
}

/**
 * Whether the request is a side prompt: Open WebUI requests titles, tags and follow-up questions under the
 * conversation's id, unstreamed and in one message.
 */
function isSide({ isStream, turns }: ChatRequest): boolean {
  const last = turns.findLast(({ role }) => role === 'user')
  return !isStream && last !== undefined && last.content.text.startsWith('### Task:')
}
