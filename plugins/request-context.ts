/** Gives every request its context, and calls the close listeners when the connection is done with the response. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { FaceName } from '../src/face/face.ts'
import { RequestContext } from '../src/request-context.ts'
import { chosenName } from '../src/request-target.ts'

/** Called when the connection is done with the response. */
export type CloseListener = (request: FastifyRequest, reply: FastifyReply) => void

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Called in order at the end of every request, before the listeners of the request itself. Plugins add theirs when they
     * are registered, which creates no function for each request.
     */
    readonly closeListeners: CloseListener[]
  }
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
    const listeners: CloseListener[] = []
    app.decorate('closeListeners', listeners)
    app.decorateRequest('context')
    app.addHook('onRequest', (request, reply, done) => {
      // Read once, because Fastify builds this object on each access.
      const { url: route = '', config } = request.routeOptions
      // A named upstream answers by itself, on whichever path.
      const isFace = config?.face !== undefined && chosenName(request) === undefined
      const face = isFace ? config.face : undefined
      const context = new RequestContext(route, config?.access, face)
      request.context = context
      // Node emits it once, and `once` would create two more objects.
      reply.raw.on('close', () => {
        for (const listener of listeners) listener(request, reply)
        context.close()
      })
      done()
    })
  },
  { name: 'request-context' },
)
