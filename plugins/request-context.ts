/** Gives every request its context, and calls the `onClose` callbacks when the connection is done with the response. */
import fp from 'fastify-plugin'
import type { FaceName } from '../src/face/face.ts'
import { RequestContext } from '../src/request-context.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The protocol that the route speaks. Nothing is sent for its requests before `app.admit()`. Default: AgentOS's own. */
    face?: FaceName
  }
  interface FastifyRequest {
    context: RequestContext
  }
}

export default fp(
  async (app) => {
    app.decorateRequest('context')
    app.addHook('onRequest', (request, reply, done) => {
      // Read once, because Fastify builds this object on each access.
      const { url: route = '', config } = request.routeOptions
      const context = new RequestContext(route, config?.access, config?.face)
      request.context = context
      reply.raw.once('close', () => context.close())
      done()
    })
  },
  { name: 'request-context' },
)
