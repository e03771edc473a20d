/** Headers of the gateway's own pages: nothing in them is to be framed, guessed at, run or kept. */
import fp from 'fastify-plugin'

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export default fp(
  async (app) => {
    app.addHook('onSend', (request, reply, payload, done) => {
      // What is relayed never comes here. A page that needs more than this says so itself.
      if ((request.raw.url ?? '').startsWith('/gateway')) {
        for (const [name, value] of Object.entries(HEADERS)) {
          if (!reply.hasHeader(name)) reply.header(name, value)
        }
      }
      done(null, payload)
    })
  },
  { name: 'own-pages' },
)
