/**
 * Serves `/gateway/live`, the open answers and WebSockets as JSON or event stream, and `/gateway/catalogue`, the owners
 * of all ids.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { beginEventStream } from '../../plugins/event-stream.ts'
import { assertAdmin } from '../../src/authorization/admin.ts'
import { COMPONENT_KINDS } from '../../src/catalogue/catalogue.ts'
import { GatewayError } from '../../src/errors.ts'
import type { ProcessLive } from '../../src/live.ts'
import { joinedLive } from '../../src/live.ts'
import { LiveFeed } from '../../src/live-feed.ts'

/** Largest number of event streams of one process. */
const MOST_LISTENERS = 100
/** Longest duration of a stream: a reconnecting client must present a valid token again. */
const LONGEST_MS = 300_000

export default async function live(app: FastifyInstance) {
  const feed = new LiveFeed({ read: view })

  async function view() {
    const all = (await app.workerPeers?.gather('live')) ?? [await app.answerTopic('live')]
    return joinedLive(all as ProcessLive[])
  }

  app.get('/gateway/live', async (request, reply) => {
    assertAdmin(request)
    const wantsStream = request.headers.accept?.includes('text/event-stream') ?? false
    if (wantsStream) return follow(request, reply)
    return reply.header('cache-control', 'no-store').send(await view())
  })

  function follow(request: FastifyRequest, reply: FastifyReply): void {
    if (feed.size >= MOST_LISTENERS) throw new GatewayError('AGW_RATE_LIMITED')
    const raw = beginEventStream(reply)
    if (raw === undefined) return
    // The stream has no end of its own; draining ends it.
    const open = { onError: () => raw.destroy(), drain: () => void raw.end() }
    const timer = setTimeout(() => raw.end(), LONGEST_MS).unref()
    app.openResponses.add(open)
    request.context.onClose(() => {
      clearTimeout(timer)
      app.openResponses.delete(open)
      feed.delete(raw)
    })
    feed.add(raw)
  }

  app.post<{ Params: { id: string } }>('/gateway/live/:id/detach', async (request, reply) => {
    assertAdmin(request)
    const { id } = request.params
    const all = (await app.workerPeers?.gather('detach', id)) ?? [
      await app.answerTopic('detach', id),
    ]
    if (all.includes(true)) return reply.code(204).send()
    const detail = 'No open run has this request id'
    throw new GatewayError('AGW_NOT_FOUND', { detail })
  })

  app.get('/gateway/catalogue', async (request, reply) => {
    assertAdmin(request)
    const { current } = request.gateway.discovery
    const byKind = COMPONENT_KINDS.map((kind) => {
      const byUpstream: Record<string, string[]> = {}
      for (const { id, upstream } of current.remotes(kind)) {
        const ids = byUpstream[upstream.name]
        if (ids) ids.push(id)
        else byUpstream[upstream.name] = [id]
      }
      return [kind, byUpstream]
    })
    return reply.header('cache-control', 'no-store').send(Object.fromEntries(byKind))
  })
}
