/**
 * Relays paths without a route of their own: `/upstreams/{name}/**`, interfaces and MCP that one upstream has, and any
 * path when there is only one upstream.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { SERVED_METHODS } from '../plugins/head-guard.ts'
import { interfaceAt } from '../src/catalogue/interfaces.ts'
import { GatewayError } from '../src/errors.ts'
import { mcpUpstreams } from '../src/merge/info.ts'
import { pathOf, upstreamNamed } from '../src/request-target.ts'
import type { Upstream } from '../src/upstream/upstream.ts'
import { absentFeature } from './absent-features.ts'
import { methodsAt } from './data/rows.ts'
import { gatheredInfo } from './os.ts'
import { documentTransform } from './upstream-documents.ts'

/** A destination without its request. */
interface ResolvedPath {
  readonly upstream: Upstream
  /** Without the query. */
  readonly path: string
}

export default async function passThrough(app: FastifyInstance) {
  app.route<{ Params: { name: string } }>({
    method: SERVED_METHODS,
    url: '/upstreams/:name/*',
    handler: async (request, reply) => {
      const { name } = request.params
      const upstream = upstreamNamed(request.gateway.upstreams, name)
      const path = pathOf(request)
      const start = path.indexOf('/', '/upstreams/'.length)
      await relay(request, reply, { upstream, path: path.slice(start) }, path.slice(0, start))
    },
  })

  app.setNotFoundHandler(async (request, reply) => {
    const { agentOses } = request.gateway.discovery.current
    const path = pathOf(request)
    if (app.hasRoute({ method: 'GET', url: path })) throw methodNotAllowed(['GET'])
    const [only, another] = agentOses
    // AgentOS has no route with any other method.
    if (!SERVED_METHODS.includes(request.method)) throw methodNotAllowed(SERVED_METHODS)
    const found = only && !another ? onlyOwner(request, only, path) : await ownerOf(request, path)
    if (found) return relay(request, reply, found)
    const allowed = methodsAt(path)
    if (allowed.length > 0) throw methodNotAllowed(allowed)
    const detail =
      absentFeature(path, request.gateway.config) ??
      (agentOses.length > 1
        ? 'Not Found. Name the upstream in the x-agentos-upstream header'
        : 'Not Found')
    throw new GatewayError('AGW_NOT_FOUND', { detail })
  })
}

/** The only AgentOS serves every path; a component's id in the path of an interface is translated. */
function onlyOwner(request: FastifyRequest, upstream: Upstream, path: string): ResolvedPath {
  const found = interfaceAt(request.gateway.discovery.current, path)
  return found?.upstream === upstream ? found : { upstream, path }
}

/** Finds the upstream that announces an interface or an MCP server at this path. */
async function ownerOf(request: FastifyRequest, path: string): Promise<ResolvedPath | undefined> {
  const { discovery, config } = request.gateway
  const found = interfaceAt(discovery.current, path)
  // Paths below the gateway's own MCP server belong to no upstream.
  if (found || !path.startsWith('/mcp') || config.faces.mcp) return found
  const { shares } = await gatheredInfo(request)
  const [mcp, another] = mcpUpstreams(shares, path)
  return mcp && !another ? { upstream: mcp, path } : undefined
}

/** @param prefix path prefix of the upstream at the gateway */
async function relay(
  request: FastifyRequest,
  reply: FastifyReply,
  { upstream, path }: ResolvedPath,
  prefix = '',
): Promise<void> {
  const query = (request.raw.url ?? '').slice(pathOf(request).length)
  const use = documentTransform(request, upstream, path, prefix)
  await reply.forward({ upstream, path: path + query, prefix, ...use })
}

function methodNotAllowed(methods: readonly string[]): GatewayError {
  return new GatewayError('AGW_METHOD_NOT_ALLOWED', { headers: { allow: methods.join(', ') } })
}
