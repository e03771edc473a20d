/** Headers of the gateway's own pages: nothing in them is to be framed, guessed at, run or kept. */
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

/** `/docs` needs its own files, and says which policy it has. */
const DOCS = new Set(['/docs', '/docs/:file', '/redoc', '/openapi.json'])
const DOCS_HEADERS = {
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
}
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
      const headers = headersFor(request)
      if (headers) {
        for (const [name, value] of Object.entries(headers)) {
          if (!reply.hasHeader(name)) reply.header(name, value)
        }
      }
      done(null, payload)
    })
  },
  { name: 'security-headers' },
)

function headersFor({ context: { route: url }, raw }: FastifyRequest) {
  // However the path was written, and also where there is no such page.
  if (url.startsWith('/gateway') || raw.url?.startsWith('/gateway')) return HEADERS
  return DOCS.has(url) ? DOCS_HEADERS : undefined
}
