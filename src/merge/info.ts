/** Builds the merged `/info`, and finds the upstreams that have an MCP server. */
import type { GatewayConfig } from '../../config/types.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { VERSION } from '../version.ts'
import type { Share } from './gather.ts'

type Json = Record<string, unknown>

/**
 * Merges the answers into one: the gateway's own name and version, and the components of all upstreams. The AgentOS
 * version is the oldest one, so that a client relies only on features of all upstreams.
 *
 * @param counts number of agents, teams and workflows
 * @param url base URL at which the caller reaches the gateway
 */
export function mergedInfo(
  config: GatewayConfig,
  counts: readonly number[],
  shares: readonly Share[],
  url: string,
): Json {
  const infos = shares.map(({ answer }) => answer.json as Json)
  const [agentCount, teamCount, workflowCount] = counts
  const oldest = infos
    .map((info) => info['agno_version'])
    .filter((version) => typeof version === 'string')
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))[0]
  const authModes = infos.map((info) => info['auth_mode']).filter((mode) => mode !== 'none')
  return {
    os_id: config.id,
    name: config.name ?? null,
    os_version: VERSION,
    agno_version: oldest ?? null,
    agent_count: agentCount,
    team_count: teamCount,
    workflow_count: workflowCount,
    mcp: ownMcp(config, url) ?? mergedMcp(infos),
    auth_mode: config.auth.mode === 'none' ? (authModes[0] ?? 'none') : config.auth.mode,
    user_isolation: infos.some((info) => info['user_isolation'] === true),
  }
}

/** The description of an MCP server in `/info`. */
interface Mcp {
  readonly enabled?: unknown
  readonly path?: unknown
  readonly oauth?: unknown
  readonly tool_run_endpoint?: unknown
}

function mcpIn(info: unknown): Mcp {
  const { mcp } = (info ?? {}) as { mcp?: Mcp }
  return mcp?.enabled === true && typeof mcp.path === 'string' ? mcp : {}
}

/** The MCP server of the gateway, if it has one. */
function ownMcp({ faces: { mcp } }: GatewayConfig, url: string): Mcp | undefined {
  if (mcp === undefined) return undefined
  const { path, authorizationServers } = mcp
  const isProtected = authorizationServers.length > 0
  const oauth = { authorization_servers: authorizationServers, resource: url + path }
  return { enabled: true, path, oauth: isProtected ? oauth : null, tool_run_endpoint: false }
}

/** The MCP server, if exactly one upstream has one. Each of several servers is reached below its upstream instead. */
function mergedMcp(infos: readonly unknown[]): Mcp {
  const [only, another] = infos.map(mcpIn).filter(({ enabled }) => enabled)
  if (only && !another) return only
  return { enabled: false, path: null, oauth: null, tool_run_endpoint: false }
}

/** Upstreams whose MCP server contains `path`. */
export function mcpUpstreams(shares: readonly Share[], path: string): Upstream[] {
  return shares
    .filter(({ answer }) => {
      const { path: root } = mcpIn(answer.json)
      return typeof root === 'string' && (path === root || path.startsWith(`${root}/`))
    })
    .map(({ upstream }) => upstream)
}
