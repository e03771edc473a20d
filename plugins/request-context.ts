/** Gives every request its context, and calls the `onClose` callbacks when the connection is done with the response. */
import fp from 'fastify-plugin'
import type { FaceName } from '../src/face/face.ts'
import { RequestContext } from '../src/request-context.ts'
import { chosenName } from '../src/request-target.ts'

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
      // A named upstream answers by itself, on whichever path.
      const isFace = config?.face !== undefined && chosenName(request) === undefined
      const face = isFace ? config.face : undefined
      const context = new RequestContext(route, config?.access, face)
      request.context = context
      reply.raw.once('close', () => context.close())
      done()
    })
  },
  { name: 'request-context' },
)
