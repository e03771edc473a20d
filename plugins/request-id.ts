/** Gives every request an id, keeps a valid one of the caller, and returns it in `x-request-id`. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import fp from 'fastify-plugin'

/** Accepted ids of callers: no character that could break a log line or a header. */
const ACCEPTABLE = /^[\w.:/+=@-]{1,128}$/

/** Makes request ids that are unique to the process and cheap to compute. */
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
