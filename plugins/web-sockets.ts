/** Lets routes accept WebSockets. Requests to upgrade to another protocol, such as `h2c`, are answered over HTTP/1.1. */
import type { IncomingMessage } from 'node:http'
import websocket from '@fastify/websocket'
import fp from 'fastify-plugin'
import type { LimitsConfig } from '../config/types.ts'
import { originForm } from '../src/parameters/path.ts'
import { CLOSE } from '../src/socket/client-connection.ts'

/** Time a client has to answer a close frame, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000
/**
 * WebSocket routes, of the gateway and of a named upstream. A name that no upstream can have is answered over HTTP:
 * Fastify refuses a path that it cannot decode before any hook, and would leave an upgraded connection open.
 */
const SOCKET_PATH = /^(?:\/upstreams\/(?:[\w.-]|%[2-7][\da-fA-F]){1,192})?\/workflows\/ws(?:\?|$)/

/**
 * Decides for `node:http` whether a request with an `Upgrade` header is upgraded or answered as HTTP. A handshake is a
 * GET of HTTP/1.1 (RFC 6455 §4.1): a request with another method is authenticated by its headers, as any other request.
 */
export function shouldUpgrade({
  method,
  httpVersion,
  headers,
  url = '',
}: IncomingMessage): boolean {
  if (method !== 'GET' || httpVersion !== '1.1') return false
  return headers.upgrade?.toLowerCase() === 'websocket' && SOCKET_PATH.test(originForm(url, method))
}

export default fp<{ limits: LimitsConfig }>(
  async (app, { limits }) => {
    // A separate constant, because the types do not know `closeTimeout` yet.
    const options = { maxPayload: limits.maxMessageBytes, closeTimeout: CLOSE_TIMEOUT_MS }
    await app.register(websocket, {
      options,
      // The close code names the mistake to the client.
      errorHandler: (_error, socket) => socket.terminate(),
      preClose: (done) => {
        for (const client of app.websocketServer.clients) client.close(CLOSE.goingAway)
        app.websocketServer.close()
        done()
      },
    })
  },
  { name: 'web-sockets' },
)
