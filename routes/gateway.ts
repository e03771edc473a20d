/** `/gateway/*`: what the gateway says of itself to those who run it. Only `ready` is for everybody. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { assertAdmin } from '../plugins/admin.ts'
import { GatewayError } from '../src/errors.ts'
import { engineStatus } from '../src/status.ts'
import { VERSION } from '../src/version.ts'

const BYTES_PER_MB = 1024 * 1024

export default async function gateway(app: FastifyInstance) {
  // An answer of the moment it is asked.
  app.addHook('onSend', (_request, reply, payload, done) => {
    reply.header('cache-control', 'no-store')
    done(null, payload)
  })

  app.get('/gateway/ready', { config: { access: 'open' } }, (_request, reply) => {
    if (app.isDraining) throw new GatewayError('AGW_DRAINING')
    return reply.send({ status: 'ready' })
  })

  app.get('/gateway/status', async (request) => {
    assertAdmin(request)
    return status(request)
  })

  app.post('/gateway/refresh', async (request) => {
    assertAdmin(request)
    const { discovery, upstreams } = request.gateway
    await Promise.all([...upstreams.values()].map((upstream) => discovery.ask(upstream)))
    return status(request)
  })

  app.post('/gateway/reload', async (request, reply) => {
    assertAdmin(request)
    await app.reload()
    const { error } = app.reloads
    if (error) {
      const detail = `The configuration is refused: ${error.issues.join('; ')}`
      throw new GatewayError('AGW_CONFIG_REFUSED', { detail })
    }
    return reply.send(configStatus())
  })

  function status({ gateway: engine }: FastifyRequest) {
    return {
      version: VERSION,
      id: engine.config.id,
      ready: !app.isDraining,
      uptime_seconds: Math.round(process.uptime()),
      memory_mb: Math.round(process.memoryUsage.rss() / BYTES_PER_MB),
      open: app.openRelays.size,
      config: configStatus(),
      ...engineStatus(engine, performance.now()),
    }
  }

  function configStatus() {
    const { version, hash, loadedAtMs, error, restartNeeded } = app.reloads
    return {
      version,
      hash,
      loaded_at: new Date(loadedAtMs).toISOString(),
      error: error && { at: new Date(error.atMs).toISOString(), issues: error.issues },
      restart_needed: restartNeeded,
    }
  }
}
