/** Begins an event stream that the gateway itself writes, such as `/gateway/live`. */
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { GatewayError } from '../src/errors.ts'
import { replyHeaders } from './errors.ts'

/**
 * Sends the response head and leaves the rest of the response to the caller of this function.
 *
 * @returns undefined when the client has disconnected
 * @throws GatewayError `AGW_DRAINING` during a shutdown
 */
export function beginEventStream(reply: FastifyReply): ServerResponse | undefined {
  if (reply.server.isDraining) throw new GatewayError('AGW_DRAINING')
  reply.hijack()
  const { raw } = reply
  if (raw.destroyed) return undefined
  raw.writeHead(200, [
    ...replyHeaders(reply),
    ...['content-type', 'text/event-stream; charset=utf-8'],
    ...['cache-control', 'no-cache'],
    ...['x-accel-buffering', 'no'],
  ])
  return raw
}
