/** Keeps callers from holding what is scarce: connections, and targets of any length. */
import type { Socket } from 'node:net'
import { BlockList, isIPv6 } from 'node:net'
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'
import { addressKey } from '../src/limits/address-key.ts'
import { writeRefusal } from './access-log.ts'
import { rawErrorResponse } from './client-error.ts'

export default fp(
  async (app) => {
    const connections = new Map<string, number>()

    app.server.on('connection', (socket: Socket) => {
      const { limits, listen } = app.engine.current.config
      const peer = socket.remoteAddress ?? ''
      const address = addressKey(peer)
      const most = limits.maxConnectionsPerAddress
      if (most === 0 || isInBlocks(listen.trustedProxies, peer)) return
      const count = (connections.get(address) ?? 0) + 1
      if (count > most) {
        // Before the handshake nothing can be said.
        if (listen.tls) socket.destroy()
        else socket.end(rawErrorResponse('AGW_TOO_MANY_CONNECTIONS'))
        writeRefusal(app.logs.access, peer, 'AGW_TOO_MANY_CONNECTIONS')
        app.traffic.error('AGW_TOO_MANY_CONNECTIONS', '')
        socket.once('finish', () => socket.destroy())
        return
      }
      connections.set(address, count)
      socket.once('close', () => {
        const left = (connections.get(address) ?? 1) - 1
        if (left > 0) connections.set(address, left)
        else connections.delete(address)
      })
    })

    app.addHook('onRequest', ({ raw, gateway }, _reply, done) => {
      const isTooLong = (raw.url ?? '').length > gateway.config.limits.maxUrlBytes
      done(isTooLong ? new GatewayError('AGW_URL_TOO_LONG') : undefined)
    })
  },
  { name: 'connection-limit', dependencies: ['gateway', 'errors', 'logs'] },
)

function isInBlocks(blocks: readonly string[], address: string): boolean {
  if (blocks.length === 0) return false
  const list = new BlockList()
  for (const block of blocks) {
    const [network = '', bits] = block.split('/')
    const family = isIPv6(network) ? 'ipv6' : 'ipv4'
    list.addSubnet(
      network,
      bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits),
      family,
    )
  }
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
