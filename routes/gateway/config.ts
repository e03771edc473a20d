/**
 * Serves `GET /gateway/config`: every key in force with its source, and the changes of a reload. Never shows a secret.
 */
import type { FastifyInstance } from 'fastify'
import type { ConfigReport } from '../../config/report.ts'
import { configStatus } from '../../plugins/workers.ts'
import { assertAdmin } from '../../src/authorization/admin.ts'

export interface ConfigRouteOptions {
  /** Undefined for a configuration that was given by a program. */
  readonly describe: (() => Promise<ConfigReport>) | undefined
}

const NO_REPORT: ConfigReport = { file: null, values: [], changes: [], issues: [] }

export default async function configRoute(app: FastifyInstance, { describe }: ConfigRouteOptions) {
  app.get('/gateway/config', async (request, reply) => {
    assertAdmin(request)
    const report = (await describe?.()) ?? NO_REPORT
    return reply.header('cache-control', 'no-store').send({ status: configStatus(app), ...report })
  })
}
