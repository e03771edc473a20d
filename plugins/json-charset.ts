/** JSON is UTF-8 and needs no charset (RFC 8259 §8.1); AgentOS says none, and so do answers of the gateway's own. */
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
