/**
 * Refuses a request that this process has sent itself: an upstream leads back to the gateway, and each request would
 * cause further ones without end.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.3
 */
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'

export default fp(
  async (app) => {
    app.addHook('onRequest', ({ raw, gateway }, _reply, done) => {
      const isOwn = raw.headers.via?.includes(gateway.viaName) ?? false
      done(isOwn ? new GatewayError('AGW_LOOP') : undefined)
    })
  },
  { name: 'loop-guard', dependencies: ['gateway'] },
)
