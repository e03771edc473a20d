/** Queries one upstream and reports its version, authentication and components. */
import type { ComponentKind } from '../config/types.ts'
import { ownIdentity } from '../src/auth/caller.ts'
import { RefusedAnswer } from '../src/errors.ts'
import type { Gateway } from '../src/gateway.ts'
import type { Upstream } from '../src/upstream/upstream.ts'

export interface UpstreamReport {
  readonly name: string
  readonly isReachable: boolean
  /** `agno_version` of its `/info`; `A2A` for a server of that protocol. */
  readonly version: string | undefined
  readonly agents: number
  readonly teams: number
  readonly workflows: number
  /** Required authentication, or `none`; `refused` when the upstream refuses the gateway's query. */
  readonly auth: string
  readonly latencyMs: number | undefined
  readonly problems: readonly string[]
}

/** Queries the upstream. Never rejects: the report contains all failures. */
export async function inspect({ discovery }: Gateway, upstream: Upstream): Promise<UpstreamReport> {
  const { name } = upstream
  const startedAt = performance.now()
  const info = await infoOf(upstream)
  const latencyMs = Math.round(performance.now() - startedAt)
  await discovery.refresh(upstream)
  const state = discovery.stateOf(upstream)
  const count = (kind: ComponentKind) => discovery.idsOf(upstream, kind).size
  const problems: string[] = []
  if (state === 'failing') problems.push(`${name}: ${discovery.reasonOf(upstream)}`)
  if (state === 'refused') {
    problems.push(`${name}: refuses to list its components to the gateway; set config_token`)
  }
  return {
    name,
    isReachable: state !== 'failing',
    version: stringIn(info, 'agno_version') ?? (upstream.isAgentOs ? undefined : 'A2A'),
    agents: count('agents'),
    teams: count('teams'),
    workflows: count('workflows'),
    auth: stringIn(info, 'auth_mode') ?? (state === 'refused' ? 'refused' : 'unknown'),
    latencyMs: state === 'failing' ? undefined : latencyMs,
    problems,
  }
}

/** The upstream's `/info`; older releases and other servers may have none. */
export async function infoOf(upstream: Upstream): Promise<Record<string, unknown>> {
  const { authorization } = ownIdentity(upstream)
  const headers = authorization === undefined ? [] : ['authorization', authorization]
  try {
    const { status, body } = await upstream.fetch('/info', {
      headers,
      silenceMs: upstream.config.timeouts.agentTimeoutMs,
    })
    if (status !== 200) throw new RefusedAnswer(upstream.name, status, body)
    return JSON.parse(body.toString('utf8')) as Record<string, unknown>
  } catch {
    return {}
  }
}

function stringIn(info: Record<string, unknown>, name: string): string | undefined {
  const value = info[name]
  return typeof value === 'string' ? value : undefined
}
