/** Sends the answer of one target to the caller, with the caller's ids. */
import type { DataTarget, IdKind } from '../../src/catalogue/id-location-cache.ts'
import type { UpstreamReply } from '../../src/merge/query-upstream.ts'
import type { ResponseTransform } from '../../src/relay/response-transformer.ts'
import type { Call, DataReply } from './call.ts'
import { bodyAt, pathAt, query } from './call.ts'

/**
 * Sends a complete reply with the caller's ids.
 *
 * @throws {GatewayError} for a reply that failed
 */
export async function sendReply(call: Call, reply: UpstreamReply): Promise<DataReply> {
  const { upstream } = reply.target
  call.request.context.upstream = upstream.name
  if (!('response' in reply)) throw reply.error
  const { status, rawHeaders, body } = reply.response
  call.reply.code(status)
  let type = ''
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] as string).toLowerCase() === 'content-type')
      type = rawHeaders[i + 1] as string
  }
  if (type !== '') call.reply.header('content-type', type)
  const translator = call.request.gateway.translators.of(upstream)
  const isRenamed = status < 300 && body.length > 0 && type.startsWith('application/json')
  return call.reply.send(isRenamed ? await translator.bytesToClient(body) : body)
}

/** Relays the call to a target; only ids in it are translated. */
export async function forwardTo(call: Call, target: DataTarget): Promise<void> {
  if (call.isCollected) {
    await sendReply(call, await query(call, target))
    return
  }
  await call.reply.forward({
    upstream: target.upstream,
    path: pathAt(call, target),
    body: bodyAt(call, target),
    ...transformFor(call, target),
  })
}

/** Caches and translates ids in the response. Without either, the response passes unchanged. */
function transformFor(call: Call, target: DataTarget): { transform?: ResponseTransform } {
  const { gateway } = call.request
  const translator = gateway.translators.of(target.upstream)
  const isNoted =
    gateway.upstreams.size > 1 && (call.row.id ?? call.row.idsInResponse) !== undefined
  if (translator.isIdentity && !isNoted) return {}
  return {
    transform: {
      ...(!translator.isIdentity && { rename: { names: translator.renameToClient } }),
      ...(isNoted && {
        onComplete: (status: number, text: string | undefined) =>
          cacheLocations(call, target, status, text),
      }),
    },
  }
}

/** Longest id that is cached, in characters. */
const MAX_ID_LENGTH = 256

function cacheLocations(
  call: Call,
  target: DataTarget,
  status: number,
  text: string | undefined,
): void {
  const { row, params, request } = call
  const { idLocations } = request.gateway
  if (status >= 300) return
  const own = row.id && params[row.id[1]]
  if (row.id && own) {
    const isGone = row.method === 'DELETE' && row.path.endsWith(`:${row.id[1]}`)
    if (isGone) idLocations.delete(row.id[0], own)
    else idLocations.add(row.id[0], own, target)
  }
  if (row.idsInResponse === undefined || text === undefined) return
  for (const id of idsIn(text, row.idsInResponse[1]))
    idLocations.add(row.idsInResponse[0] satisfies IdKind, id, target)
}

/** The values of a member at any depth. A superfluous cache entry does no harm. */
function* idsIn(text: string, member: string): Iterable<string> {
  for (const [, id] of text.matchAll(new RegExp(`"${member}"\\s*:\\s*"([^"\\\\]+)"`, 'g'))) {
    if (id !== undefined && id.length <= MAX_ID_LENGTH) yield id
  }
}
