/**
 * Refuses request heads that gateway and upstream could read differently: several hosts, transfer codings, dot segments,
 * encoded slashes, control characters, two names of an upstream.
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

/**
 * Another version than HTTP/1, no valid host or several (RFC 9112 §3.2), a transfer coding that the gateway does not decode, or
 * one in HTTP/1.0, which has none (§6.1).
 */
function isAmbiguousHead({ httpVersion, headers, rawHeaders }: IncomingMessage): boolean {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return true
  const { 'transfer-encoding': coding } = headers
  const isDecoded = coding?.toLowerCase() === 'chunked' && httpVersion === '1.1'
  if (coding !== undefined && !isDecoded) return true
  if (headers.host === undefined) return httpVersion === '1.1'
  if (!HOST.test(headers.host)) return true
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts > 1
}

export default fp(
  async (app) => {
    // uvicorn ignores unknown expectations too. Node would answer 417 without a body and without a log line.
    app.server.on('checkExpectation', (request, response) => {
      app.server.emit('request', request, response)
    })
    app.addHook('onRequest', (request, reply, done) => {
      // A request about the server as a whole (RFC 9110 §9.3.7).
      if (request.raw.url === '*' && request.method === 'OPTIONS') {
        void reply.code(204).header('allow', SERVED_METHODS.join(', ')).send()
        return
      }
      done(
        isAmbiguousHead(request.raw)
          ? // The next request may begin at another byte than the parser says (RFC 9112 §6.3).
            new GatewayError('AGW_BAD_REQUEST', { headers: { connection: 'close' } })
          : // A face reads ids out of its own paths and sends others.
            (pathFault(request.raw.url ?? '', request.context.face === undefined) ??
              choiceFault(request)),
      )
    })
  },
  { name: 'head-guard', dependencies: ['request-context'] },
)
