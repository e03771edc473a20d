/** Keeps callers from holding what is scarce: connections, and requests that never come to their end. */
import type { Socket } from 'node:net'
import { BlockList, isIPv6 } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { GatewayError } from '../src/errors.ts'
import { hasBody } from '../src/relay/request-body.ts'
import { writeRefusal } from './access-log.ts'
import { rawAnswer } from './client-error.ts'
import { answerRaw } from './errors.ts'
import { networkOf } from './network.ts'

export default fp(
  async (app) => {
    const connections = new Map<string, number>()

    app.server.on('connection', (socket: Socket) => {
      const { limits, listen } = app.engine.current.config
      const peer = socket.remoteAddress ?? ''
      const address = networkOf(peer)
      const most = limits.maxConnectionsPerAddress
      if (most === 0 || isIn(listen.trustedProxies, peer)) return
      const count = (connections.get(address) ?? 0) + 1
      if (count > most) {
        // Before the handshake nothing can be said.
        if (listen.tls) socket.destroy()
        else socket.end(rawAnswer('AGW_TOO_MANY_CONNECTIONS', { 'retry-after': '1' }))
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

    app.addHook('onRequest', (request, reply, done) => {
      const { bodyTimeoutMs, maxUrlBytes } = request.gateway.config.limits
      if ((request.raw.url ?? '').length > maxUrlBytes) {
        done(new GatewayError('AGW_URL_TOO_LONG'))
        return
      }
      if (bodyTimeoutMs > 0 && hasBody(request.raw)) limitSilence(request, reply, bodyTimeoutMs)
      done()
    })
  },
  { name: 'slow-callers', dependencies: ['gateway', 'errors', 'logs'] },
)

/** A body that nobody reads just now is not the caller's fault. */
function limitSilence(request: FastifyRequest, reply: FastifyReply, ms: number): void {
  const { raw, facts } = request
  const { socket } = raw
  const onTimeout = () => {
    if (raw.isPaused() || raw.readableFlowing === null) {
      socket.setTimeout(ms)
      return
    }
    if (reply.raw.headersSent) {
      facts.error = 'AGW_REQUEST_TIMEOUT'
      socket.destroy()
      return
    }
    const error = new GatewayError('AGW_REQUEST_TIMEOUT', { headers: { connection: 'close' } })
    answerRaw(request, reply, error, () => socket.destroy())
  }
  const stop = () => {
    socket.setTimeout(0)
    raw.off('timeout', onTimeout)
  }
  socket.setTimeout(ms)
  raw.on('timeout', onTimeout).once('end', stop).once('close', stop)
}

function isIn(blocks: readonly string[], address: string): boolean {
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
