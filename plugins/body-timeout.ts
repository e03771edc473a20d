/**
 * Limits the silence of a caller inside its request body, and reads refused bodies to their end so that the answer
 * arrives.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'
import { hasBody, isFullyBuffered } from '../src/relay/request-body.ts'
import { discardRest } from '../src/relay/upload.ts'
import { sendRawError } from './errors.ts'

export default fp(
  async (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      // Most bodies arrive in one packet with their head and are complete by the next tick.
      if (hasBody(request.raw)) process.nextTick(watchBody, request, reply)
      done()
    })
  },
  { name: 'body-timeout', dependencies: ['request-context', 'gateway', 'errors'] },
)

function watchBody(request: FastifyRequest, reply: FastifyReply): void {
  const { raw, gateway } = request
  if (raw.destroyed || isFullyBuffered(raw)) return
  // The caller still sends: its connection would be reset, and the answer lost, if the rest was not read.
  reply.raw.prependOnceListener('finish', () => discardRest(raw))
  const { bodyTimeoutMs } = gateway.config.limits
  if (bodyTimeoutMs > 0) limitSilence(request, reply, bodyTimeoutMs)
}

/** The limit counts only while the gateway reads: a paused body is not the caller's silence. */
function limitSilence(request: FastifyRequest, reply: FastifyReply, ms: number): void {
  const { raw, context } = request
  const { socket } = raw
  const onTimeout = () => {
    if (raw.isPaused() || raw.readableFlowing === null) {
      socket.setTimeout(ms)
      return
    }
    if (reply.raw.headersSent) {
      context.error = 'AGW_REQUEST_TIMEOUT'
      socket.destroy()
      return
    }
    const error = new GatewayError('AGW_REQUEST_TIMEOUT', { headers: { connection: 'close' } })
    sendRawError(request, reply, error, () => socket.destroy())
  }
  const stop = () => {
    socket.setTimeout(0)
    raw.off('timeout', onTimeout)
  }
  socket.setTimeout(ms)
  raw.on('timeout', onTimeout).once('end', stop).once('close', stop)
}
