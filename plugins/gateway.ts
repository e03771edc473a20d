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
  async (app, { gateway: first }) => {
    const engine = { current: first }
    app.decorate('engine', engine)
    app.decorateRequest('gateway')
    app.addHook('onRequest', (request, _reply, done) => {
      const { current } = engine
      request.gateway = current
      current.enter()
      done()
    })
    app.closeListeners.push(({ gateway }) => gateway.leave())
    // Starts after the port is bound: a failed start sends nothing to upstreams.
    app.addHook('onListen', async () => engine.current.start())
    app.addHook('onClose', async () => engine.current.stop())
  },
  { name: 'gateway', dependencies: ['request-context'] },
)
