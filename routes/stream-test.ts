/** Serves `GET /gateway/stream-test`, a slow stream without an upstream, for `agentos-gateway doctor`. */
import type { FastifyInstance } from 'fastify'
import { beginEventStream } from '../plugins/event-stream.ts'
import { assertAdmin } from '../src/authorization/admin.ts'
import { GatewayError } from '../src/errors.ts'
import { TestStream } from '../src/relay/test-stream.ts'

/** Longest duration of one stream, in milliseconds. */
const LONGEST_MS = 600_000
/** Numbers in the query, each with its range and default. */
const NUMBERS = {
  events: { least: 1, most: 1_000, fallback: 5 },
  interval: { least: 10, most: 300_000, fallback: 500 },
  heartbeat: { least: 10, most: 300_000, fallback: undefined },
} as const

export default async function streamTest(app: FastifyInstance) {
  app.get('/gateway/stream-test', async (request, reply) => {
    assertAdmin(request)
    const query = request.query as Record<string, unknown>
    const events = numberIn(query, 'events')
    const intervalMs = numberIn(query, 'interval')
    if ((events - 1) * intervalMs > LONGEST_MS) {
      throw badRequest(`events and interval: the stream must end within ${LONGEST_MS / 1000} s`)
    }
    const heartbeatMs = numberIn(query, 'heartbeat', request.gateway.config.stream.heartbeatMs)
    const raw = beginEventStream(reply)
    if (raw === undefined) return
    const stream = new TestStream(raw, { events, intervalMs, heartbeatMs })
    app.openResponses.add(stream)
    request.context.onClose(() => {
      app.openResponses.delete(stream)
      stream.stop()
    })
    stream.begin()
  })
}

function numberIn(
  query: Record<string, unknown>,
  name: keyof typeof NUMBERS,
  fallback: number = NUMBERS[name].fallback ?? 0,
): number {
  const text = query[name]
  if (text === undefined) return fallback
  const { least, most } = NUMBERS[name]
  const value = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw badRequest(`${name} must be a whole number from ${least} to ${most}`)
}

function badRequest(detail: string): GatewayError {
  return new GatewayError('AGW_BAD_REQUEST', { detail })
}
