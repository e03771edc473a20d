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
      if (type !== undefined && !MEDIA_TYPE.test(type))
        request.headers = { 'content-type': undefined }
      done()
    })
  },
  { name: 'content-type' },
)
