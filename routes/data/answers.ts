/** Sending on what one place answered. */
import type { FastifyReply } from 'fastify'
import type { IdKind, Target } from '../../src/catalogue/seen-ids.ts'
import type { Reply } from '../../src/merge/ask.ts'
import type { AnswerUse } from '../../src/relay/answer-tap.ts'
import type { Call } from './call.ts'
import { bodyAt, pathAt } from './call.ts'

/**
 * Sends a reply that has come whole, under the ids callers use.
 *
 * @throws {GatewayError} where there is none
 */
export function sendReply(call: Call, reply: Reply): FastifyReply {
  const { upstream } = reply.target
  call.request.facts.upstream = upstream.name
  if (!('response' in reply)) throw reply.error
  const { status, rawHeaders, body } = reply.response
  call.reply.code(status)
  let type = ''
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] as string).toLowerCase() === 'content-type')
      type = rawHeaders[i + 1] as string
  }
  if (type !== '') call.reply.header('content-type', type)
  const names = call.request.gateway.names.of(upstream)
  const isRenamed = status < 300 && body.length > 0 && type.startsWith('application/json')
  return call.reply.send(isRenamed && !names.arePlain ? names.outward(body.toString('utf8')) : body)
}

/** Relays the call to a place as it is, but for the ids in it. */
export async function forwardTo(call: Call, target: Target): Promise<void> {
  await call.reply.forward({
    upstream: target.upstream,
    path: pathAt(call, target),
    body: bodyAt(call, target),
    ...answerUse(call, target),
  })
}

/** Ids are noted and renamed on the way; an answer in which there is nothing to do passes untouched. */
function answerUse(call: Call, target: Target): { answer?: AnswerUse } {
  const { gateway } = call.request
  const names = gateway.names.of(target.upstream)
  const isNoted = gateway.upstreams.size > 1 && (call.row.id ?? call.row.shows) !== undefined
  if (names.arePlain && !isNoted) return {}
  return {
    answer: {
      ...(!names.arePlain && { rewrite: (text: string) => names.outward(text) }),
      ...(isNoted && {
        read: (status: number, text: string | undefined) => note(call, target, status, text),
      }),
    },
  }
}

/** Longest id that is noted, in characters. */
const LONGEST_ID = 256

function note(call: Call, target: Target, status: number, text: string | undefined): void {
  const { row, params, request } = call
  const { seen } = request.gateway
  if (status >= 300) return
  const own = row.id && params[row.id[1]]
  if (row.id && own) {
    const isGone = row.method === 'DELETE' && row.path.endsWith(`:${row.id[1]}`)
    if (isGone) seen.forget(row.id[0], own)
    else seen.note(row.id[0], own, target)
  }
  if (row.shows === undefined || text === undefined) return
  for (const id of idsIn(text, row.shows[1])) seen.note(row.shows[0] satisfies IdKind, id, target)
}

/** The values of a member, wherever it stands: noting one too many does no harm. */
function* idsIn(text: string, member: string): Iterable<string> {
  for (const [, id] of text.matchAll(new RegExp(`"${member}"\\s*:\\s*"([^"\\\\]+)"`, 'g'))) {
    if (id !== undefined && id.length <= LONGEST_ID) yield id
  }
}
