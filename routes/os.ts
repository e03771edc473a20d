/** Serves the routes that describe an AgentOS: `/health`, `/info`, `/config`, `/models`, `/`. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Caller } from '../src/auth/caller.ts'
import { COMPONENT_KINDS } from '../src/catalogue/catalogue.ts'
import { isConsoleOn } from '../src/console.ts'
import { stringifyJson } from '../src/json/stringify.ts'
import { mergedConfig } from '../src/merge/config.ts'
import type { Gathered } from '../src/merge/gather.ts'
import { gather } from '../src/merge/gather.ts'
import { mergedInfo } from '../src/merge/info.ts'
import { publicUrl } from '../src/relay/public-url.ts'
import { VERSION } from '../src/version.ts'
import { addVary, sendLandingPage, wantsPage } from './landing-page.ts'
import { bypassesCache, readableOnly, sendMerged } from './merged.ts'

/** A caller without restrictions. */
const ANYBODY = new Caller(undefined)

/** These routes need no token, as in AgentOS. */
const OPEN = { config: { access: 'open' } } as const

export default async function os(app: FastifyInstance) {
  const health = JSON.stringify({ status: 'ok', instantiated_at: new Date().toISOString() })

  app.get('/health', OPEN, (_request, reply) =>
    reply.header('content-type', 'application/json').send(health),
  )

  app.get('/', OPEN, async (request, reply) => {
    const { config } = request.gateway
    const name = config.name ?? 'AgentOS Gateway'
    addVary(reply, 'accept')
    if (!wantsPage(request)) return reply.send({ name, id: config.id, version: VERSION })
    if (isConsoleOn(config)) return reply.redirect('gateway/console/')
    return sendLandingPage(reply, name)
  })

  app.get('/info', OPEN, async (request, reply) => {
    const { config, discovery } = request.gateway
    const gathered = readableOnly(await gatheredInfo(request))
    const counts = COMPONENT_KINDS.map((kind) => [...discovery.current.remotes(kind)].length)
    const body = JSON.stringify(mergedInfo(config, counts, gathered.shares, publicUrl(request)))
    return sendMerged(reply, { ...gathered, body })
  })

  app.get('/config', async (request, reply) => {
    const { merged, ...gathered } = await gatheredConfig(request, request.caller)
    return sendMerged(reply, { ...gathered, body: await stringifyJson(merged) })
  })

  app.get('/models', async (request, reply) => {
    // A caller with the right to read the config sees all models, as in AgentOS.
    const { merged, ...gathered } = await gatheredConfig(request, ANYBODY)
    return sendMerged(reply, { ...gathered, body: JSON.stringify(modelsIn(merged)) })
  })
}

/**
 * Fetches `/info` of every upstream. AgentOS serves it without a token, so it is fetched without one and shared by all
 * callers.
 */
export function gatheredInfo(request: FastifyRequest): Promise<Gathered> {
  const { discovery } = request.gateway
  const gatherRequest = { caller: request.caller, isFreshWanted: bypassesCache(request) }
  return gather(discovery, gatherRequest, (upstream, identity, isFreshWanted) =>
    discovery.get(
      upstream,
      '/info',
      { ...identity, authorization: undefined, key: 'open' },
      isFreshWanted,
    ),
  )
}

/**
 * Merges `/config` of every upstream, fetched as the caller of the request.
 *
 * @param viewer caller whose rights decide which components the config lists
 */
export async function gatheredConfig(request: FastifyRequest, viewer: Caller) {
  const { config, discovery, translators } = request.gateway
  const gatherRequest = { caller: request.caller, isFreshWanted: bypassesCache(request) }
  const all = await gather(discovery, gatherRequest, (upstream, identity, isFreshWanted) =>
    discovery.config(upstream, identity, isFreshWanted),
  )
  const gathered = readableOnly(all)
  const merged = await mergedConfig(config, discovery.current, gathered.shares, {
    translators,
    caller: viewer,
  })
  return { ...gathered, merged }
}

interface Model {
  readonly id?: string
  readonly provider?: string
}

/** The distinct models of all agents and teams, in the form of AgentOS 2. */
function modelsIn(config: Record<string, unknown>): Model[] {
  const models = new Map<string, Model>()
  for (const kind of ['agents', 'teams']) {
    for (const { model } of (config[kind] ?? []) as { model?: Model }[]) {
      if (!model?.id || !model.provider) continue
      models.set(`${model.id}\n${model.provider}`, { id: model.id, provider: model.provider })
    }
  }
  return [...models.values()]
}
