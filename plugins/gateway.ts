/**
 * Gives every request the engine in force when it arrived, as `request.gateway`. A reload replaces `app.engine.current`;
 * open requests keep theirs.
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
      // An upgraded connection has no response whose end could be observed.
      if (request.ws) request.raw.socket.once('close', () => current.leave())
      else request.context.onClose(() => current.leave())
      done()
    })
    // Starts after the port is bound: a failed start sends nothing to upstreams.
    app.addHook('onListen', async () => engine.current.start())
    app.addHook('onClose', async () => engine.current.stop())
  },
  { name: 'gateway', dependencies: ['request-context'] },
)
