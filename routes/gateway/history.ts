/** Serves `GET /gateway/history`: traffic of the last hour in steps of 5 s, or of the last day in steps of 1 min. */
import type { FastifyInstance } from 'fastify'
import { assertAdmin } from '../../src/authorization/admin.ts'
import { isConsoleOn } from '../../src/console.ts'
import { GatewayError } from '../../src/errors.ts'
import type { History, Step } from '../../src/history/history.ts'
import { STEPS } from '../../src/history/history.ts'
import type { ProcessHistory } from '../../src/history/view.ts'
import { historyView } from '../../src/history/view.ts'

export default async function historyRoute(
  app: FastifyInstance,
  { history }: { readonly history: History },
) {
  // Recorded from the start of the process, not from the first request for it.
  app.addHook('onReady', async () => {
    if (isConsoleOn(app.engine.current.config)) history.start()
  })
  app.addHook('onClose', async () => history.stop())

  app.get<{ Querystring: { step?: unknown; component?: unknown } }>(
    '/gateway/history',
    async (request, reply) => {
      assertAdmin(request)
      const { step = '5s', component } = request.query
      if (!isStep(step)) {
        const detail = `step must be ${Object.keys(STEPS).join(' or ')}`
        throw new GatewayError('AGW_BAD_REQUEST', { detail })
      }
      const all = (await app.workerPeers?.gather('history', step)) ?? [
        await app.answerTopic('history', step),
      ]
      const name = typeof component === 'string' && component !== '' ? component : undefined
      const view = historyView(all as ProcessHistory[], step, name)
      return reply.header('cache-control', 'no-store').send(view)
    },
  )
}

function isStep(step: unknown): step is Step {
  return typeof step === 'string' && Object.hasOwn(STEPS, step)
}
