/**
 * Normalises paths as AgentOS does, and refuses paths that gateway and upstream could read differently: dot segments,
 * encoded slashes, control characters.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3986#section-3.3
 */
import type { IncomingMessage } from 'node:http'
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'
import { choiceFault } from '../src/request-target.ts'

/** Methods that AgentOS's routes use. */
export const SERVED_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Also with path parameters: servlet containers read `/..;x/` as `/../`. */
const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:;[^/]*)?(?:\/|$)/i
/** `/`, `\`, control characters and DEL, percent-encoded. */
const ENCODED_DELIMITER = /%(?:2f|5c|[01][0-9a-f]|7f)/i

/** {@link ENCODED_DELIMITER} without the slash. */
const ENCODED_CONTROL = /%(?:5c|[01][0-9a-f]|7f)/i
/** A backslash, or a character that must be percent-encoded: servers decode bytes beyond ASCII in different ways. */
const UNPLAIN = /[^\x21-\x5b\x5d-\x7e]/

/**
 * @param url request target in normal form
 * @param isSentOn the path is sent to an upstream; default true
 * @returns the error for an invalid path, otherwise undefined
 */
export function pathFault(url: string, isSentOn = true): GatewayError | undefined {
  const end = url.indexOf('?')
  const path = end === -1 ? url : url.slice(0, end)
  // RFC 9112 §3.2: a request target has no fragment. Routers cut it off, upstreams may not.
  if (path[0] !== '/' || UNPLAIN.test(path) || url.includes('#')) {
    return new GatewayError('AGW_INVALID_PATH')
  }
  if (path.includes('//')) return new GatewayError('AGW_NOT_FOUND')
  if (path.includes('/.') && DOT_SEGMENT.test(path)) return new GatewayError('AGW_INVALID_PATH')
  if (!path.includes('%')) return undefined
  const encoded = isSentOn ? ENCODED_DELIMITER : ENCODED_CONTROL
  const isBad = DOT_SEGMENT.test(path) || encoded.test(path) || !isDecodable(path)
  return isBad ? new GatewayError('AGW_INVALID_PATH') : undefined
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

/** Host and port (RFC 9110 §7.2): addresses of the gateway in answers are built from it. An empty host is valid. */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i

/** No valid host or several (RFC 9112 §3.2), or a transfer coding that the gateway does not decode (§6.1). */
function isAmbiguousHead({ httpVersion, headers, rawHeaders }: IncomingMessage): boolean {
  if (headers.host === undefined) return httpVersion === '1.1'
  if (!HOST.test(headers.host)) return true
  const { 'transfer-encoding': coding } = headers
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return true
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts > 1
}

export default fp(
  async (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      // A request about the server as a whole (RFC 9110 §9.3.7).
      if (request.raw.url === '*' && request.method === 'OPTIONS') {
        void reply.code(204).header('allow', SERVED_METHODS.join(', ')).send()
        return
      }
      done(
        isAmbiguousHead(request.raw)
          ? new GatewayError('AGW_BAD_REQUEST')
          : // A face reads ids out of its own paths and sends others.
            (pathFault(request.raw.url ?? '', request.context.face === undefined) ??
              choiceFault(request)),
      )
    })
  },
  { name: 'path-guard', dependencies: ['request-context'] },
)
