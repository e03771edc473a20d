/** Lets routes accept WebSockets. Requests to upgrade to another protocol, such as `h2c`, are answered over HTTP/1.1. */
import type { IncomingMessage } from 'node:http'
import type { WebsocketPluginOptions } from '@fastify/websocket'
import websocket from '@fastify/websocket'
import type { onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { LimitsConfig } from '../config/types.ts'
import { originForm } from '../src/parameters/path.ts'
import { CLOSE } from '../src/socket/client-connection.ts'
import { responseOn } from './client-error.ts'
import { hostFor, registerIn } from './foreign-hooks.ts'

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
  socket,
  url = '',
}: IncomingMessage): boolean {
  if (method !== 'GET' || httpVersion !== '1.1') return false
  // Node would hand the connection over before the answers of earlier requests.
  if (responseOn(socket) !== undefined) return false
  return headers.upgrade?.toLowerCase() === 'websocket' && SOCKET_PATH.test(originForm(url, method))
}

export default fp<{ limits: LimitsConfig }>(
  async (app, { limits }) => {
    const host = hostFor(app, (name, hook) =>
      (name as string) === 'onResponse'
        ? app.addHook('onRequest', afterRefusal(hook))
        : app.addHook(name, hook),
    )
    // A separate constant, because the types do not know `closeTimeout` yet.
    const options = { maxPayload: limits.maxMessageBytes, closeTimeout: CLOSE_TIMEOUT_MS }
    await registerIn<WebsocketPluginOptions>(host, websocket, {
      options,
      // The close code names the mistake to the client.
      errorHandler: (_error, socket) => socket.terminate(),
      preClose: (done) => {
        const { websocketServer } = host
        for (const client of websocketServer.clients) client.close(CLOSE.goingAway)
        websocketServer.close()
        done()
      },
    })
  },
  { name: 'web-sockets' },
)

/**
 * Closes the connection of a refused handshake, by the plugin's hook for the end of a response. As a hook of the app it would
 * make Fastify listen for the end of every response.
 */
function afterRefusal(hook: onRequestHookHandler): onRequestHookHandler {
  return function closeRefused(request, reply, done) {
    if (request.ws) reply.raw.once('finish', () => hook.call(this, request, reply, () => {}))
    done()
  }
}
