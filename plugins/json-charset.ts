/** Removes `charset` from the gateway's own JSON responses, as AgentOS does (RFC 8259 §8.1). */
import fp from 'fastify-plugin'

const CHARSET = '; charset=utf-8'
const JSON_WITH_CHARSET = `json${CHARSET}`

export default fp(
  async (app) => {
    app.addHook('onSend', (_request, reply, payload, done) => {
      const type = reply.getHeader('content-type')
      if (typeof type === 'string' && type.endsWith(JSON_WITH_CHARSET)) {
        reply.header('content-type', type.slice(0, -CHARSET.length))
      }
      done(null, payload)
    })
  },
  { name: 'json-charset' },
)
