/**
 * Gives every request the engine that was in force when it came, as `request.gateway`. A reload swaps `app.engine.current`;
 * requests under way go on with the one they began with.
 */
import fp from 'fastify-plugin'
import type { Gateway } from '../src/gateway.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly engine: { current: Gateway }
  }
  interface FastifyRequest {
    gateway: Gateway
  }
}

export default fp<{ gateway: Gateway }>(
  async (app, { gateway }) => {
    const engine = { current: gateway }
    app.decorate('engine', engine)
    app.decorateRequest('gateway')
    app.addHook('onRequest', (request, _reply, done) => {
      const { current } = engine
      request.gateway = current
      current.enter()
      // An upgraded connection has no answer that would close.
      if (request.ws) request.raw.socket.once('close', () => current.leave())
      else request.context.onClose(() => current.leave())
      done()
    })
    // Not before the port is taken: a start that fails asks no upstream.
    app.addHook('onListen', async () => engine.current.start())
    app.addHook('onClose', async () => engine.current.stop())
  },
  { name: 'gateway', dependencies: ['request-context'] },
)
