/** Serves `/openapi.json`, merged from all upstreams, and `/docs` to read and try it, as AgentOS does. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Identity } from '../src/auth/caller.ts'
import { Caller } from '../src/auth/caller.ts'
import { RouteRules } from '../src/authorization/route-rules.ts'
import { interfaceAt } from '../src/catalogue/interfaces.ts'
import { GatewayError } from '../src/errors.ts'
import { stringifyJson } from '../src/json/stringify.ts'
import type { Gathered, Share } from '../src/merge/gather.ts'
import { gather } from '../src/merge/gather.ts'
import { isOpenApi, mergedOpenApi } from '../src/merge/openapi.ts'
import type { CachedAnswer } from '../src/remote/config-cache.ts'
import type { Upstream } from '../src/upstream/upstream.ts'
import { methodsAt } from './data/rows.ts'
import { docsPage, docsScript, OWN_OPERATIONS } from './docs-page.ts'
import { bypassesCache, readableOnly, sendMerged } from './merged.ts'

/** Files of Swagger UI by their name below `/docs`. */
const ASSETS = new Set(['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'])
/** Content security policy: the page loads only from this server, so it works without internet access. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; frame-ancestors 'self'"

/** AgentOS builds its document at the first request, which can take seconds. */
const DOCUMENT_WAIT_MS = 15_000

/** A merged document and its sources. */
interface Remembered {
  readonly catalogue: object
  readonly shares: readonly Share[]
  /** Requests during the merge wait for the same document. */
  readonly body: Promise<string>
}

/** The description of the API is public, as in AgentOS. */
const OPEN = { config: { access: 'open' } } as const

export default async function openapi(app: FastifyInstance) {
  const rules = new RouteRules()
  let remembered: Remembered | undefined

  app.get('/openapi.json', OPEN, async (request, reply) => {
    const gathered = await gatheredDocuments(request)
    const { current: catalogue } = request.gateway.discovery
    const isKnown =
      remembered?.catalogue === catalogue && areSame(remembered.shares, gathered.shares)
    if (remembered === undefined || !isKnown) {
      const body = documentOf(request, gathered.shares)
      remembered = { catalogue, shares: gathered.shares, body }
      body.catch(() => {
        if (remembered?.body === body) remembered = undefined
      })
    }
    return sendMerged(reply, { ...gathered, body: await remembered.body })
  })

  app.get('/docs', OPEN, (request, reply) =>
    reply
      .header('content-security-policy', POLICY)
      .header('content-type', 'text/html; charset=utf-8')
      .send(docsPage(request.gateway.config.name ?? 'AgentOS Gateway')),
  )

  app.get<{ Params: { file: string } }>('/docs/:file', OPEN, async (request, reply) => {
    const { file } = request.params
    if (file === 'docs.js') {
      return reply.header('content-type', 'text/javascript; charset=utf-8').send(docsScript())
    }
    if (!ASSETS.has(file)) throw new GatewayError('AGW_NOT_FOUND')
    return sendAsset(reply, file)
  })

  // AgentOS serves a second page of the same document.
  app.get('/redoc', OPEN, (_request, reply) => reply.redirect('docs'))

  async function documentOf(
    { gateway }: FastifyRequest,
    shares: readonly Share[],
  ): Promise<string> {
    const { config, discovery } = gateway
    const document = await mergedOpenApi(shares, {
      config,
      isAtOwnPath: (upstream, method, path) => {
        if (discovery.current.agentOses.length === 1) return true
        const example = path.replace(/\{[^}]+\}/g, 'x')
        if (path in OWN_OPERATIONS || rules.find(method, example) !== undefined) return true
        if (methodsAt(example).includes(method)) return true
        return interfaceAt(discovery.current, example)?.upstream === upstream
      },
      isOpen: (method, path) => app.openRoutes.has(`${method} ${path}`),
      own: OWN_OPERATIONS,
    })
    return stringifyJson(document)
  }
}

/** AgentOS serves its document without a token, so it is fetched without one and shared by all callers. */
async function gatheredDocuments(request: FastifyRequest): Promise<Gathered> {
  const { discovery } = request.gateway
  const gatherRequest = {
    caller: new Caller(undefined),
    isFreshWanted: bypassesCache(request),
    firstWaitMs: DOCUMENT_WAIT_MS,
  }
  const documentAt = (upstream: Upstream, identity: Identity, isFresh: boolean) => {
    const nobody = { ...identity, authorization: undefined, key: 'open' }
    return discovery.get(upstream, '/openapi.json', nobody, isFresh)
  }
  const gathered = await gather(discovery, gatherRequest, documentAt, discovery.current.agentOses)
  // An upstream that refuses its document is left out.
  return { ...readableOnly(gathered, isOpenApi), refusal: undefined }
}

function areSame(a: readonly Share[], b: readonly Share[]): boolean {
  return a.length === b.length && a.every(({ answer }, index) => isSame(answer, b[index]?.answer))
}

/** A refetched document is often unchanged; then the merged one is kept. */
function isSame(a: CachedAnswer, b: CachedAnswer | undefined): boolean {
  return b !== undefined && (a === b || a.body.equals(b.body))
}

/** The package is loaded at the first request for a file: most gateways serve none. */
async function sendAsset(reply: FastifyReply, file: string): Promise<FastifyReply> {
  const { send } = await import('@fastify/send')
  const options = { root: assetDirectory(), maxAge: '1d' }
  const { statusCode, headers, stream } = await send(reply.request.raw, file, options)
  return reply.code(statusCode).headers(headers).send(stream)
}

function assetDirectory(): string {
  const require = createRequire(import.meta.url)
  return join(dirname(require.resolve('@fastify/swagger-ui/package.json')), 'static')
}
