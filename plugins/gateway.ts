/** Gives routes and plugins the engine, as `app.gateway`. */
import fp from 'fastify-plugin'
import type { Gateway } from '../src/gateway.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly gateway: Gateway
  }
}

export default fp<{ gateway: Gateway }>(
  async (app, { gateway }) => {
    app.decorate('gateway', gateway)
    app.addHook('onReady', async () => gateway.start())
    app.addHook('onClose', async () => gateway.stop())
  },
  { name: 'gateway' },
)
