/**
 * Normalises paths as AgentOS does, and refuses paths that gateway and upstream could read differently: dot segments,
 * encoded slashes, control characters.
 */
import type { IncomingMessage } from 'node:http'
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'
import { pathFault } from '../src/parameters/path.ts'
import { choiceFault } from '../src/request-target.ts'

/** Methods that AgentOS's routes use. */
export const SERVED_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

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
