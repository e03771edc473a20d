/** Names every request, keeps the name the caller gave, and hands it back in `x-request-id`. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import fp from 'fastify-plugin'

/** What may be taken over from a caller: nothing that could disturb a log or a header. */
const ACCEPTABLE = /^[\w.:/+=@-]{1,128}$/

/** Makes the ids of one process: unlike those of any other process, and cheap. */
export function requestIds(): (request: IncomingMessage) => string {
  const prefix = `${randomBytes(9).toString('base64url')}-`
  let count = 0
  return (request) => {
    const given = request.headers['x-request-id']
    if (typeof given === 'string' && ACCEPTABLE.test(given)) return given
    return prefix + (count++).toString(36)
  }
}

export default fp(
  async (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      reply.header('x-request-id', request.id)
      done()
    })
  },
  { name: 'request-id' },
)
