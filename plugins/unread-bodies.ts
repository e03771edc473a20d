/** Lets an answer that came before the request body was read reach a caller who is still sending. */
import fp from 'fastify-plugin'
import { hasBody } from '../src/relay/request-body.ts'
import { dropRest } from '../src/relay/upload.ts'

export default fp(
  async (app) => {
    app.addHook('onRequest', ({ raw }, reply, done) => {
      if (hasBody(raw)) reply.raw.once('finish', () => dropRest(raw))
      done()
    })
  },
  { name: 'unread-bodies' },
)
