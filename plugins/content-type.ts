/**
 * Hides a content type that is no media type from Fastify, which would refuse it. The upstream gets it unchanged, and
 * refuses the body in its own words.
 */
import fp from 'fastify-plugin'

/** A media type (RFC 9110 §8.3.1), as Fastify recognises it. */
const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/

export default fp(
  async (app) => {
    app.addHook('onRequest', (request, _reply, done) => {
      const type = request.raw.headers['content-type']
      const isReadable = type === undefined || MEDIA_TYPE.test(type)
      if (!isReadable) request.headers = { 'content-type': undefined }
      // No route has this method, but without a content type Fastify refuses it with 400 instead of 405.
      if (request.method === 'QUERY') request.headers = { 'content-type': 'text/plain' }
      done()
    })
  },
  { name: 'content-type' },
)
