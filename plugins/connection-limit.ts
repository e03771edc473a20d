/** Limits open connections of each address, connections of callers that stop reading, and the length of request targets. */
import type { Socket } from 'node:net'
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'
import { isInBlocks } from '../src/limits/address-block.ts'
import { addressKey } from '../src/limits/address-key.ts'
import { KeyedCounter } from '../src/limits/keyed-counter.ts'
import { disconnectStalledCallers } from '../src/limits/stalled-callers.ts'
import { writeRefusal } from './access-log.ts'
import { rawErrorResponse } from './client-error.ts'

export default fp(
  async (app) => {
    const connections = new KeyedCounter()

    app.server.on('connection', (socket: Socket) => {
      const { limits, listen } = app.engine.current.config
      const peer = socket.remoteAddress ?? ''
      const address = addressKey(peer)
      const most = limits.maxConnectionsPerAddress
      if (most === 0 || isInBlocks(listen.trustedProxies, peer)) return
      if (!connections.acquire([[address, most]])) {
        // No HTTP answer can be sent before the TLS handshake.
        if (listen.tls) socket.destroy()
        else socket.end(rawErrorResponse('AGW_TOO_MANY_CONNECTIONS'), 'latin1')
        writeRefusal(app.logs.access, peer, 'AGW_TOO_MANY_CONNECTIONS')
        app.traffic.error('AGW_TOO_MANY_CONNECTIONS', '')
        socket.once('finish', () => socket.destroy())
        return
      }
      socket.once('close', () => connections.release([address]))
    })

    disconnectStalledCallers(app.server, () => app.engine.current.config.limits.stalledCallerMs)

    app.addHook('onRequest', ({ raw, gateway }, _reply, done) => {
      const isTooLong = (raw.url ?? '').length > gateway.config.limits.maxUrlBytes
      done(isTooLong ? new GatewayError('AGW_URL_TOO_LONG') : undefined)
    })
  },
  { name: 'connection-limit', dependencies: ['gateway', 'errors', 'logs'] },
)
