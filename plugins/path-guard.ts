/**
 * Normalises paths as AgentOS does, and refuses paths that gateway and upstream could read differently: dot segments,
 * encoded slashes, control characters.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3986#section-3.3
 */
import type { IncomingMessage } from 'node:http'
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'

const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i
/** `/`, `\`, control characters and DEL, percent-encoded. */
const ENCODED_DELIMITER = /%(?:2f|5c|[01][0-9a-f]|7f)/i

/** The same without the slash. */
const ENCODED_CONTROL = /%(?:5c|[01][0-9a-f]|7f)/i

/**
 * @param url request target as it came
 * @param isSentOn the path goes to an upstream; default true
 * @returns the row of the error table, or undefined where nothing is wrong
 */
export function pathFault(url: string, isSentOn = true): GatewayError | undefined {
  const end = url.indexOf('?')
  const path = end === -1 ? url : url.slice(0, end)
  // RFC 9112 §3.2: a request target has no fragment. Routers cut it off, upstreams may not.
  if (path[0] !== '/' || /[\\#]/.test(path)) return new GatewayError('AGW_INVALID_PATH')
  if (path.includes('//')) return new GatewayError('AGW_NOT_FOUND')
  if (path.includes('/.') && DOT_SEGMENT.test(path)) return new GatewayError('AGW_INVALID_PATH')
  if (!path.includes('%')) return undefined
  const encoded = isSentOn ? ENCODED_DELIMITER : ENCODED_CONTROL
  const isBad = DOT_SEGMENT.test(path) || encoded.test(path) || !isDecodable(path)
  return isBad ? new GatewayError('AGW_INVALID_PATH') : undefined
}

const SLASH = 47

/**
 * Removes trailing slashes, as AgentOS does. Paths below `/upstreams/` and queries are not changed.
 *
 * @see AgentOS `agno/os/middleware/trailing_slash.py`
 */
export function withoutTrailingSlashes(url: string): string {
  const query = url.indexOf('?')
  const length = query === -1 ? url.length : query
  if (url.charCodeAt(length - 1) !== SLASH || url.startsWith('/upstreams/')) return url
  let end = length - 1
  while (end > 0 && url.charCodeAt(end - 1) === SLASH) end--
  return end === 0 ? url : url.slice(0, end) + url.slice(length)
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
function isWithoutHost({ httpVersion, headers }: IncomingMessage): boolean {
  return headers.host === undefined && httpVersion === '1.1'
}

export default fp(
  async (app) => {
    app.addHook('onRequest', (request, _reply, done) => {
      done(
        isWithoutHost(request.raw)
          ? new GatewayError('AGW_BAD_REQUEST')
          : // A face reads ids out of its own paths and sends others.
            pathFault(request.raw.url ?? '', request.context.face === undefined),
      )
    })
  },
  { name: 'path-guard', dependencies: ['request-context'] },
)
