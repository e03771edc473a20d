/**
 * Sets security headers on the gateway's own pages: no framing, sniffing, scripts or caching. Relayed responses are not
 * changed.
 */
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

/** `/docs` loads its own files and sets its own policy. */
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
      // Relayed responses do not pass this hook. A page that needs more sets its own policy.
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
  // Covers other spellings of the path, and paths without a page.
  if (url.startsWith('/gateway') || raw.url?.startsWith('/gateway')) return HEADERS
  return DOCS.has(url) ? DOCS_HEADERS : undefined
}
