/** The merged `/info`. */
import type { GatewayConfig } from '../../config/types.ts'
import { VERSION } from '../version.ts'
import type { Share } from './gather.ts'

type Json = Record<string, unknown>

/**
 * The gateway's own name and version, the components of all upstreams, and the oldest AgentOS among them, so that a
 * client does not count on what only some can do.
 *
 * @param counts agents, teams and workflows
 */
export function mergedInfo(
  config: GatewayConfig,
  counts: readonly number[],
  shares: readonly Share[],
): Json {
  const said = shares.map(({ answer }) => answer.json as Json)
  const [agentCount, teamCount, workflowCount] = counts
  const oldest = said
    .map((info) => info['agno_version'])
    .filter((version) => typeof version === 'string')
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))[0]
  const authModes = said.map((info) => info['auth_mode']).filter((mode) => mode !== 'none')
  return {
    os_id: config.id,
    name: config.name ?? null,
    os_version: VERSION,
    agno_version: oldest ?? null,
    agent_count: agentCount,
    team_count: teamCount,
    workflow_count: workflowCount,
    mcp: { enabled: false, path: null, oauth: null, tool_run_endpoint: false },
    auth_mode: config.auth.mode === 'none' ? (authModes[0] ?? 'none') : config.auth.mode,
    user_isolation: said.some((info) => info['user_isolation'] === true),
  }
}
