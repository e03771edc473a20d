/**
 * Serves `/agents`, `/teams`, `/workflows` and all routes below: lists and cards from the cache, everything else
 * relayed.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ComponentKind } from '../config/types.ts'
import { RefusedAnswer } from '../src/errors.ts'
import { parseJson } from '../src/json/parse.ts'
import type { ResponseTransform } from '../src/relay/response-transformer.ts'
import type { BaseRemote } from '../src/remote/base-remote.ts'
import type { CachedAnswer } from '../src/remote/config-cache.ts'
import { ownerOf } from './component-owner.ts'
import { bypassesCache, sendMerged } from './merged.ts'

const OTHER_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE']
const ALL_METHODS = ['GET', ...OTHER_METHODS]
/** Routes whose body is a form. A JSON body is converted. */
const FORM_ROUTE = /^\/runs(?:\/[^/?]+\/(?:continue|resume))?(?:\?|$)/

interface ById {
  Params: { id: string }
}

export default async function components(app: FastifyInstance, { kind }: { kind: ComponentKind }) {
  app.get(`/${kind}`, async (request, reply) => {
    const gatherRequest = { caller: request.caller, isFreshWanted: bypassesCache(request) }
    return sendMerged(reply, await request.gateway.lists.get(kind, gatherRequest))
  })

  app.get<ById>(`/${kind}/:id`, async (request, reply) => {
    const remote = await find(request)
    // A query such as `?version=` asks for another card than the cached one.
    if (request.raw.url?.includes('?')) return forward(request, reply, remote)
    return sendCard(request, reply, remote)
  })

  app.route<ById>({
    method: OTHER_METHODS,
    url: `/${kind}/:id`,
    handler: async (request, reply) => forward(request, reply, await find(request)),
  })

  app.route<ById>({
    method: ALL_METHODS,
    url: `/${kind}/:id/*`,
    handler: async (request, reply) => forward(request, reply, await find(request)),
  })

  for (const url of [`/${kind}/:id`, `/${kind}/:id/*`]) {
    app.options<ById>(url, async (request, reply) => {
      const { current } = request.gateway.discovery
      const remote = current.remote(kind, request.params.id)
      if (remote) return forward(request, reply, remote)
      // AgentOS answers `OPTIONS` by the path alone, also for an unknown component.
      const [upstream] = current.agentOses
      if (!upstream) return reply.callNotFound()
      await reply.forward({ upstream, path: request.raw.url ?? '' })
    })
  }

  /** Finds the owner of the component, and asks the upstreams again for an unknown id. */
  function find(request: FastifyRequest<ById>): BaseRemote | Promise<BaseRemote> {
    return ownerOf(request, kind, request.params.id)
  }

  /**
   * Relays a request below a component. The id in the path becomes the upstream's; with a prefix or alias, ids in the
   * response become the caller's.
   */
  async function forward(request: FastifyRequest, reply: FastifyReply, remote: BaseRemote) {
    const path = pathBelowComponent(request.raw.url ?? '')
    const takesForm = request.method === 'POST' && FORM_ROUTE.test(path)
    const renaming = remote.id === remote.upstreamId ? undefined : idTransform(request, remote)
    await reply.forward({ upstream: remote.upstream, remote, path, takesForm, ...renaming })
  }

  async function sendCard(request: FastifyRequest, reply: FastifyReply, remote: BaseRemote) {
    const { upstream } = remote
    request.context.upstream = upstream.name
    request.context.component = `${kind}/${remote.id}`
    reply.header('content-type', 'application/json')
    const identity = request.caller.identityAt(upstream)
    try {
      const card = await remote.card(identity, { isFreshWanted: bypassesCache(request) })
      if (request.gateway.discovery.stateOf(upstream) === 'failing')
        reply.header('x-agentos-stale', upstream.name)
      return sendCached(reply, remote, card)
    } catch (error) {
      if (error instanceof RefusedAnswer) throw error
      reply.header('x-agentos-stale', upstream.name)
      const known = remote.knownCard(identity)
      if (known) return sendCached(reply, remote, known)
      const listed = await listedCard(request, remote)
      if (listed) return reply.send(listed)
      reply.removeHeader('x-agentos-stale')
      throw error
    }
  }

  async function sendCached(reply: FastifyReply, { upstream }: BaseRemote, card: CachedAnswer) {
    const translator = reply.request.gateway.translators.of(upstream)
    const body = await translator.bytesToClient(card.body, kind)
    return reply.header('age', card.ageSeconds(Date.now())).send(body)
  }

  /** Reads the card from the last known list, for an unreachable upstream. */
  async function listedCard(
    request: FastifyRequest,
    remote: BaseRemote,
  ): Promise<string | undefined> {
    const { body } = await request.gateway.lists.get(kind, {
      caller: request.caller,
      isFreshWanted: false,
    })
    const cards = (await parseJson(body)) as { id: string }[]
    const card = cards.find(({ id }) => id === remote.id)
    return card && JSON.stringify(card)
  }
}

/** Translates the upstream's ids in a response to the caller's. */
function idTransform(request: FastifyRequest, { kind, upstream }: BaseRemote): IdTransform {
  const translator = request.gateway.translators.of(upstream)
  const isCard =
    request.method === 'GET' && pathBelowComponent(request.raw.url ?? '').startsWith('?')
  return {
    transform: {
      rename: { names: translator.renameToClient, owner: isCard ? kind : '' },
      renameEvents: translator.renameToClient,
    },
  }
}

interface IdTransform {
  readonly transform: ResponseTransform
}

/** The part of the request target after `/{kind}/{id}`, unchanged. */
function pathBelowComponent(url: string): string {
  const id = url.indexOf('/', 1) + 1
  const end = url.slice(id).search(/[/?]/)
  return end === -1 ? '' : url.slice(id + end)
}
