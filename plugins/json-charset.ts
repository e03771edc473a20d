/** Removes `charset` from the gateway's own JSON responses, as AgentOS does (RFC 8259 §8.1). */
import fp from 'fastify-plugin'

export default fp(
  async (app) => {
    app.addHook('onSend', (_request, reply, payload, done) => {
      if (reply.getHeader('content-type') === 'application/json; charset=utf-8') {
        reply.header('content-type', 'application/json')
      }
      done(null, payload)
    })
  },
  { name: 'json-charset' },
)
