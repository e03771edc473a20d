/** `/agents`, `/teams`, `/workflows` and everything below them. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ComponentKind } from '../config/types.ts'
import { GatewayError, RefusedAnswer } from '../src/errors.ts'
import type { ResponseTransform } from '../src/relay/response-transformer.ts'
import type { BaseRemote } from '../src/remote/base-remote.ts'
import type { CachedAnswer } from '../src/remote/config-cache.ts'
import { bypassesCache, sendMerged } from './merged.ts'

/** AgentOS's words for a component it does not have. */
const NOT_FOUND = {
  agents: 'Agent not found',
  teams: 'Team not found',
  workflows: 'Workflow not found',
} as const

const OTHER_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE']
const ALL_METHODS = ['GET', ...OTHER_METHODS]
/** Routes whose body is a form; JSON is welcome too. */
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
    // A query, such as `?version=`, asks for something other than the card in force.
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
      // Every AgentOS says which methods a path has, whether or not it has the component.
      const [upstream] = current.agentOses
      if (!upstream) return reply.callNotFound()
      await reply.forward({ upstream, path: request.raw.url ?? '' })
    })
  }

  /** The owner, also of a component that has come since the upstreams were last asked. */
  function find(request: FastifyRequest<ById>): BaseRemote | Promise<BaseRemote> {
    return (
      request.gateway.discovery.current.remote(kind, request.params.id) ?? findOnUpstreams(request)
    )
  }

  async function findOnUpstreams(request: FastifyRequest<ById>): Promise<BaseRemote> {
    const { id } = request.params
    const { discovery } = request.gateway
    const caller = request.caller
    const refusal = await discovery.findComponent(kind, (upstream) => caller.identityAt(upstream))
    const found = discovery.current.remote(kind, id)
    if (found) return found
    throw refusal ?? new GatewayError('AGW_COMPONENT_NOT_FOUND', { detail: NOT_FOUND[kind] })
  }

  /**
   * Relays what stands below the component, byte for byte: only the id is put in the upstream's terms, and, where it is
   * another there, in the caller's on the way back.
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

  function sendCached(reply: FastifyReply, { upstream }: BaseRemote, card: CachedAnswer) {
    const translator = reply.request.gateway.translators.of(upstream)
    const body = translator.isIdentity
      ? card.body
      : translator.toClient(card.body.toString('utf8'), kind)
    return reply.header('age', card.ageSeconds(Date.now())).send(body)
  }

  /** The card as the list last showed it, for when the upstream cannot be asked. */
  async function listedCard(
    request: FastifyRequest,
    remote: BaseRemote,
  ): Promise<string | undefined> {
    const { body } = await request.gateway.lists.get(kind, {
      caller: request.caller,
      isFreshWanted: false,
    })
    const cards = JSON.parse(body.toString('utf8')) as { id: string }[]
    const card = cards.find(({ id }) => id === remote.id)
    return card && JSON.stringify(card)
  }
}

/** Puts the ids in an answer in the caller's terms. */
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

/** What follows `/{kind}/{id}` in the request target, as it came. */
function pathBelowComponent(url: string): string {
  const id = url.indexOf('/', 1) + 1
  const end = url.slice(id).search(/[/?]/)
  return end === -1 ? '' : url.slice(id + end)
}
