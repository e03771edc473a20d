/** Builds the OpenAPI document of the gateway: the merged documents of the upstreams and the gateway's own operations. */
import type { GatewayConfig } from '../../config/types.ts'
import { Turn } from '../turns.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { VERSION } from '../version.ts'
import type { Share } from './gather.ts'
import type { Json, Source } from './openapi-parts.ts'
import { memberOf, nothing, objectOf, Parts } from './openapi-parts.ts'

/** The scope of the merged document. */
export interface OpenApiScope {
  readonly config: GatewayConfig
  /** Whether the gateway serves the operation at the upstream's own path. Otherwise it is at `/upstreams/{name}`. */
  isAtOwnPath(upstream: Upstream, method: string, path: string): boolean
  /** Whether the gateway serves the operation to callers without a token, in any mode. @param method in upper case */
  isOpen(method: string, path: string): boolean
  /**
   * Operations of the gateway itself, by path and method. An upstream's description of the same operation takes
   * precedence.
   */
  readonly own: Readonly<Record<string, Readonly<Record<string, Json>>>>
}

const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'])
/** AgentOS's name for its bearer scheme. */
const BEARER = 'HTTPBearer'
/** Form routes that also accept JSON. */
const RUN_PATH =
  /^\/(?:agents|teams|workflows)\/\{[^}]+\}\/runs(?:\/\{[^}]+\}\/(?:continue|resume))?$/
const JSON_TOO = 'A JSON object with the same fields, without files, is accepted too.'
/** Marks a body whose description contains {@link JSON_TOO}: the `/docs` page offers it as JSON. */
export const JSON_MARK = 'x-agentos-gateway-json'
const ABOUT = 'The agents, teams and workflows of several AgentOS behind one URL.'

/** Whether the document can be merged: OpenAPI 3 with paths. */
export function isOpenApi(value: unknown): value is Json {
  const { openapi, paths } = objectOf(value)
  return typeof openapi === 'string' && openapi.startsWith('3.') && typeof paths === 'object'
}

/**
 * Merges the documents of all upstreams. When two upstreams describe one operation differently, the first in config
 * order wins. Long documents are merged in several turns of the event loop.
 */
export async function mergedOpenApi(shares: readonly Share[], scope: OpenApiScope): Promise<Json> {
  const { config } = scope
  const documents = shares.map(({ upstream, answer }) => ({
    upstream,
    source: { upstream: upstream.name, document: answer.json as Json },
  }))
  const turn = new Turn()
  const parts = await Parts.of(
    documents.map(({ source }) => source),
    turn,
  )
  const paths = nothing() as Record<string, Json>
  for (const { upstream, source } of documents) {
    for (const [path, item] of Object.entries(objectOf(source.document['paths']))) {
      addPath(paths, { upstream, source, path, item }, parts, scope)
      await turn.rest()
    }
  }
  for (const [path, operations] of Object.entries(scope.own)) {
    paths[path] = { ...operations, ...paths[path] }
  }
  await turn.rest()
  nameOperations(paths)
  await turn.rest()
  const { securitySchemes, ...components } = await parts.referredFrom(paths, turn)
  const isTokenUsed = secure(paths, scope)
  return {
    openapi: '3.1.0',
    info: {
      title: config.name ?? 'AgentOS Gateway',
      description: config.description ?? ABOUT,
      version: VERSION,
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      ...components,
      securitySchemes: {
        ...securitySchemes,
        ...(isTokenUsed && { [BEARER]: { type: 'http', scheme: 'bearer' } }),
      },
    },
  }
}

/** One path of an upstream's document. */
interface PathItem {
  readonly upstream: Upstream
  readonly source: Source
  readonly path: string
  readonly item: unknown
}

function addPath(
  paths: Record<string, Json>,
  { upstream, source, path, item }: PathItem,
  parts: Parts,
  scope: OpenApiScope,
): void {
  const { parameters, ...members } = objectOf(parts.rewritten(source, item))
  for (const [method, value] of Object.entries(members)) {
    if (!METHODS.has(method)) continue
    const isHere = scope.isAtOwnPath(upstream, method.toUpperCase(), path)
    const target = memberOf(paths, isHere ? path : `/upstreams/${upstream.name}${path}`)
    if (target[method] !== undefined) continue
    const operation = operationOf(objectOf(value), parameters, source, parts)
    const isRun = isHere && method === 'post' && RUN_PATH.test(path)
    target[method] = isRun ? withJsonBody(operation) : operation
  }
}

/**
 * Adds the parameters of the path to the operation, because other upstreams' operations at the path may not have them.
 */
function operationOf(operation: Json, shared: unknown, source: Source, parts: Parts): Json {
  const { parameters, security, ...rest } = operation
  const own = [parameters, shared].flatMap((list) => (Array.isArray(list) ? (list as Json[]) : []))
  const named = new Map<string, Json>()
  for (const parameter of own) {
    const key = String(parameter['$ref'] ?? `${parameter['in']} ${parameter['name']}`)
    if (!named.has(key)) named.set(key, parameter)
  }
  return {
    ...rest,
    ...(named.size > 0 && { parameters: [...named.values()] }),
    ...(Array.isArray(security) && {
      security: security.map((required) => renamed(objectOf(required), source, parts)),
    }),
  }
}

/**
 * Adds a sentence to the description: the fields of the form may also come as a JSON object. A second media type would
 * mislead client generators: they merge both and send a form labelled as JSON.
 */
function withJsonBody(operation: Json): Json {
  const requestBody = objectOf(operation['requestBody'])
  if (!('content' in requestBody)) return operation
  const { description } = requestBody
  const text = typeof description === 'string' ? `${description} ${JSON_TOO}` : JSON_TOO
  return { ...operation, requestBody: { ...requestBody, description: text, [JSON_MARK]: true } }
}

function renamed(required: Json, source: Source, parts: Parts): Json {
  const schemes = Object.entries(required)
  return Object.fromEntries(schemes.map(([name, scopes]) => [parts.schemeOf(source, name), scopes]))
}

/** Makes operation ids unique, because client generators turn them into function names. */
function nameOperations(paths: Record<string, Json>): void {
  const taken = new Set<string>()
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, value] of Object.entries(item)) {
      const operation = objectOf(value)
      const given = operation['operationId']
      const full = `${path.replace(/\W+/g, '_').replace(/^_|_$/g, '')}_${method}`
      let id = typeof given === 'string' ? given : full
      if (taken.has(id)) id = `${id}_${full}`
      while (taken.has(id)) id = `${id}_`
      taken.add(id)
      item[method] = { ...operation, operationId: id }
    }
  }
}

/**
 * Declares the bearer token on each operation that needs one.
 *
 * @returns false when the gateway neither requires nor forwards a token
 */
function secure(paths: Record<string, Json>, { config, isOpen }: OpenApiScope): boolean {
  const { auth, upstreams } = config
  const isAsked = auth.mode !== 'none'
  const isUsed = isAsked || upstreams.some(({ credentials }) => credentials.kind === 'forward')
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, value] of Object.entries(item)) {
      const operation = objectOf(value)
      if (!isUsed || isOpen(method.toUpperCase(), path)) delete operation['security']
      else if (isAsked) operation['security'] = [{ [BEARER]: [] }]
    }
  }
  return isUsed
}
