/** Bodies that are still on their way when their request is handled: neither waited for without end, nor in the way of an answer. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'
import { hasBody, isFullyBuffered } from '../src/relay/request-body.ts'
import { discardRest } from '../src/relay/upload.ts'
import { sendRawError } from './errors.ts'

export default fp(
  async (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      // Most bodies come along with their head, and are there by then.
      if (hasBody(request.raw)) process.nextTick(watchBody, request, reply)
      done()
    })
  },
  { name: 'body-timeout', dependencies: ['request-context', 'gateway', 'errors'] },
)

function watchBody(request: FastifyRequest, reply: FastifyReply): void {
  const { raw, gateway } = request
  if (raw.destroyed || isFullyBuffered(raw)) return
  // An answer that came before the body was read has to reach a caller who is still sending.
  reply.raw.prependOnceListener('finish', () => discardRest(raw))
  const { bodyTimeoutMs } = gateway.config.limits
  if (bodyTimeoutMs > 0) limitSilence(request, reply, bodyTimeoutMs)
}

/** A body that nobody reads just now is not the caller's fault. */
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
