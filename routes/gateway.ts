/** Serves `/gateway/*`: status, readiness, reload and refresh. Only `ready` needs no admin scope. */
import type { FastifyInstance } from 'fastify'
import type { ProcessStatus } from '../plugins/workers.ts'
import { configStatus, joinedStatus } from '../plugins/workers.ts'
import { assertAdmin } from '../src/authorization/admin.ts'
import { compositionTree } from '../src/composition-tree.ts'
import { GatewayError } from '../src/errors.ts'
import { composerStatus, upstreamCounts } from '../src/status.ts'

export default async function gateway(app: FastifyInstance) {
  // The answer holds only for the moment of the request.
  app.addHook('onSend', (_request, reply, payload, done) => {
    reply.header('cache-control', 'no-store')
    done(null, payload)
  })

  app.get('/gateway/ready', { config: { access: 'open' } }, (_request, reply) => {
    if (app.isDraining) throw new GatewayError('AGW_DRAINING')
    return reply.send({ status: 'ready', upstreams: upstreamCounts(app.engine.current) })
  })

  app.get('/gateway/status', async (request) => {
    assertAdmin(request)
    return status('status')
  })

  app.post('/gateway/refresh', async (request) => {
    assertAdmin(request)
    return status('refresh')
  })

  app.post('/gateway/reload', async (request, reply) => {
    assertAdmin(request)
    await (app.workerPeers ?? app).reload()
    const { error } = app.reloads
    if (error) {
      const detail = `Configuration refused: ${error.issues.join('; ')}`
      throw new GatewayError('AGW_CONFIG_REFUSED', { detail })
    }
    return reply.send(configStatus(app))
  })

  async function status(topic: 'status' | 'refresh') {
    const { workerPeers } = app
    const composer = await composerStatus(app.engine.current)
    const composed = composer === undefined ? undefined : compositionTree(app.engine.current)
    const ofComposer = { composer, composed }
    if (workerPeers === undefined) {
      return { ...((await app.answerTopic(topic)) as ProcessStatus), ...ofComposer }
    }
    const all = (await workerPeers.gather(topic)) as ProcessStatus[]
    const own = (await app.answerTopic('status')) as ProcessStatus
    return { ...joinedStatus(own, all), ...ofComposer }
  }
}
