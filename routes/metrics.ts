/** Serves `/gateway/metrics` for Prometheus and for callers with the admin scope. */
import type { FastifyInstance } from 'fastify'
import { assertAdmin } from '../src/authorization/admin.ts'
import { CONTENT_TYPE, exposition } from '../src/metrics/exposition.ts'
import type { MetricJson } from '../src/metrics/snapshot.ts'

export default async function metrics(app: FastifyInstance) {
  app.get('/gateway/metrics', async (request, reply) => {
    assertAdmin(request)
    const processes = (await app.workerPeers?.gather('metrics')) ?? [await app.metrics()]
    return reply.type(CONTENT_TYPE).send(await exposition(processes as MetricJson[][]))
  })
}
