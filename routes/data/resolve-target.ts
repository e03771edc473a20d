/** Finds the target of a call by the ids it names. */

import type { ComponentKind } from '../../config/types.ts'
import { withDeadline } from '../../src/catalogue/discovery.ts'
import type { DataTarget } from '../../src/catalogue/id-location-cache.ts'
import type { Resolution } from '../../src/catalogue/resolve.ts'
import { everyTarget, resolve } from '../../src/catalogue/resolve.ts'
import { GatewayError } from '../../src/errors.ts'
import { COMPONENT_KEYS } from '../../src/ids/id-translator.ts'
import { lastValue } from '../../src/parameters/query.ts'
import type { Call } from './call.ts'

/** Longest wait for upstreams that have not announced their databases yet, in milliseconds. */
const WAIT_MS = 1_000
const KINDS: Readonly<Record<string, readonly ComponentKind[]>> = {
  agent: ['agents'],
  team: ['teams'],
  workflow: ['workflows'],
}
const COMPONENT_PATH = /^\/(agents|teams|workflows)\/([^/?]+)/

/** All targets that can serve the call, without regard to the ids it names. */
export function allTargets({ request, row }: Call): readonly DataTarget[] {
  const { discovery } = request.gateway
  return everyTarget(discovery.current, {
    scope: row.scope,
    isAvailable: (upstream) => discovery.stateOf(upstream) !== 'failing',
  })
}

/** Resolves the target of the call. */
export async function resolveTarget(call: Call): Promise<Resolution> {
  const { request, row, params } = call
  const { discovery, idLocations } = request.gateway
  if (request.gateway.upstreams.size > 1) await learnOsConfigs(call)
  const seenId = row.id && params[row.id[1]]
  return resolve(
    discovery.current,
    {
      upstream: request.chosen?.upstream,
      knowledgeId: namedValue(call, 'knowledge_id'),
      databaseId: namedValue(call, 'db_id'),
      components: componentsIn(call),
      cached: row.id && seenId ? idLocations.get(row.id[0], seenId) : undefined,
    },
    { scope: row.scope, isAvailable: (upstream) => discovery.stateOf(upstream) !== 'failing' },
  )
}

/** Asks, with the caller's token, the upstreams that refuse the gateway's own requests. */
async function learnOsConfigs({ request }: Call): Promise<void> {
  const { discovery } = request.gateway
  const { databases, agentOses } = discovery.current
  const caller = request.caller
  const silent = agentOses.filter(
    (upstream) =>
      databases.configOf(upstream) === undefined &&
      discovery.stateOf(upstream) !== 'failing' &&
      caller.isCheckedAt(upstream.config),
  )
  if (silent.length === 0) return
  const fetches = silent.map((upstream) =>
    discovery.config(upstream, caller.identityAt(upstream), false).catch(() => undefined),
  )
  await withDeadline(Promise.all(fetches), WAIT_MS)
}

/** The value named in path, query or body, in that order. Of a repeated query member the last counts, as in AgentOS. */
function namedValue({ params, query, fields }: Call, name: string): string | undefined {
  const value = params[name] ?? lastValue(query, name) ?? fields[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function componentsIn(call: Call): (readonly [readonly ComponentKind[], string])[] {
  const { query, fields } = call
  const type =
    lastValue(query, 'type') ?? lastValue(query, 'component_type') ?? fields['component_type']
  const named: (readonly [readonly ComponentKind[], string])[] = []
  for (const [key, kinds] of COMPONENT_KEYS) {
    const id = namedValue(call, key)
    if (id === undefined) continue
    named.push([key === 'component_id' ? (KINDS[String(type)] ?? kinds) : kinds, id])
  }
  const { endpoint } = fields
  const [, kind, id] = (typeof endpoint === 'string' && COMPONENT_PATH.exec(endpoint)) || []
  if (kind !== undefined && id !== undefined) named.push([[kind as ComponentKind], id])
  return named
}

/** A 404 in AgentOS's words. */
export function notFound(call: Call, of: 'database' | 'knowledge', id: string): GatewayError {
  const words =
    of === 'knowledge'
      ? `Knowledge base '${id}' not found`
      : call.row.scope === 'knowledge'
        ? `Knowledge instance with db_id '${id}' not found`
        : `No database found with id '${id}'`
  return new GatewayError('AGW_NOT_FOUND', { detail: words })
}

/** A 400 for a request that does not say which upstream it is for: in AgentOS's words where they exist. */
export function upstreamRequired({ row, request }: Call): GatewayError {
  if (row.scope === 'knowledge') {
    const ids = [...request.gateway.discovery.current.databases.knowledge.keys()]
    const listed = ids.map((id) => `'${id}'`).join(', ')
    return new GatewayError('AGW_UPSTREAM_REQUIRED', {
      detail: `db_id or knowledge_id query parameter is required when using multiple knowledge bases. Available IDs: [${listed}]`,
    })
  }
  if (row.scope !== 'systems' && row.scope !== 'upstreams') {
    return new GatewayError('AGW_UPSTREAM_REQUIRED')
  }
  return new GatewayError('AGW_UPSTREAM_REQUIRED', {
    detail:
      'The x-agentos-upstream header is required when several upstreams can serve this request',
  })
}
