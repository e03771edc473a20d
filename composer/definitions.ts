/**
 * Builds runnable teams and workflows from the configuration. Every member is called through the gateway's own routes.
 */
import { hash } from 'node:crypto'
import type {
  ComposedTeamConfig,
  ComposedWorkflowConfig,
  CompositionConfig,
  MemberRef,
  StepConfig,
} from '../config/composition-types.ts'
import type { CallOptions } from '../src/client/agentos-api.ts'
import { RemoteAgent } from '../src/client/remote-agent.ts'
import { RemoteTeam } from '../src/client/remote-team.ts'
import { RemoteWorkflow } from '../src/client/remote-workflow.ts'
import type { Block } from '../src/compose/definition.ts'
import { condition, loop, parallel, router, step, steps } from '../src/compose/definition.ts'
import { OpenAiLeader } from '../src/compose/openai-leader.ts'
import { Team } from '../src/compose/team.ts'
import { Workflow } from '../src/compose/workflow.ts'
import { ConfigCache } from '../src/remote/config-cache.ts'
import type { Upstream } from '../src/upstream/upstream.ts'

/** A member: the remote that runs it. */
export type Remote = RemoteAgent | RemoteTeam | RemoteWorkflow

/** Fetches a member's card with the caller's rights, without a cache. @throws the errors of the remote */
export function cardOf(remote: Remote, options: CallOptions): Promise<unknown> {
  if (remote instanceof RemoteAgent) return remote.getAgentConfig(options)
  if (remote instanceof RemoteTeam) return remote.getTeamConfig(options)
  return remote.getWorkflowConfig(options)
}

/** All definitions of one configuration. A run keeps the version with which it started. */
export interface Definitions {
  readonly teams: ReadonlyMap<string, Team>
  readonly workflows: ReadonlyMap<string, Workflow>
  /** Definitions of teams by id. */
  readonly teamConfigs: ReadonlyMap<string, ComposedTeamConfig>
  /** Definitions of workflows by id. */
  readonly workflowConfigs: ReadonlyMap<string, ComposedWorkflowConfig>
  /** The remote of a reference. */
  member(ref: MemberRef): Remote
  /** The upstream in the reference of a member, such as `agents/ann`; empty where the reference names none. */
  upstreamOf(component: string): string
  /** Digest of a component's definition; the same in every process. Empty for an unknown component. */
  version(kind: 'teams' | 'workflows', id: string): string
}

/**
 * @param upstream the gateway that serves the members
 * @throws {ExpressionError} when an expression is not valid CEL
 */
export function makeDefinitions(
  { teams, workflows }: Pick<CompositionConfig, 'teams' | 'workflows'>,
  upstream: Upstream,
): Definitions {
  const cache = new ConfigCache()
  const members = new Map<string, Remote>()
  const upstreams = new Map<string, string>()
  const member = (ref: MemberRef): Remote => {
    const key = `${ref.kind}/${ref.id}`
    const known = members.get(key)
    if (known) return known
    const binding = { upstream, cache, upstreamId: ref.id }
    const made =
      ref.kind === 'agents'
        ? new RemoteAgent(binding)
        : ref.kind === 'teams'
          ? new RemoteTeam(binding)
          : new RemoteWorkflow(binding)
    members.set(key, made)
    if (ref.upstream !== undefined) upstreams.set(key, ref.upstream)
    return made
  }
  const made = workflows.map(({ steps: list, ...rest }) => {
    const workflow = new Workflow({ ...rest, steps: list.map((one) => block(one, member)) })
    return [rest.id, workflow] as const
  })
  return {
    teams: new Map(teams.map((team) => [team.id, teamOf(team, member)])),
    workflows: new Map(made),
    teamConfigs: new Map(teams.map((team) => [team.id, team])),
    workflowConfigs: new Map(workflows.map((workflow) => [workflow.id, workflow])),
    member,
    upstreamOf: (component) => upstreams.get(component) ?? '',
    version: (kind, id) => {
      const configs = kind === 'teams' ? teams : workflows
      return digestOf(configs.find((config) => config.id === id))
    },
  }
}

function teamOf(config: ComposedTeamConfig, member: (ref: MemberRef) => Remote): Team {
  const { model, members, ...options } = config
  const made = members.map(({ ref, ...rest }) => ({ member: member(ref), ...rest }))
  return new Team({ ...options, model: new OpenAiLeader(model), members: made })
}

function block(config: StepConfig, member: (ref: MemberRef) => Remote): Block {
  const inner = (list: readonly StepConfig[]) => list.map((one) => block(one, member))
  const { name, optional, confirm, review, onReject, confirmTimeoutMs, onTimeout } = config
  const shared = { optional, confirm, onReject, confirmTimeoutMs, onTimeout }
  const reviewed = { ...shared, review }
  switch (config.type) {
    case 'Step': {
      const { input, retries, timeoutMs, session, userInput, onError } = config
      const options = { ...reviewed, input, retries, timeoutMs, session, userInput, onError }
      return step(name, member(config.member), options)
    }
    case 'Steps':
      return steps(name, inner(config.steps), shared)
    case 'Parallel': {
      const { limit, onFailure } = config
      return parallel(name, inner(config.steps), { ...shared, limit, onFailure })
    }
    case 'Condition': {
      const { if: text, elseSteps } = config
      return condition(name, text, inner(config.steps), inner(elseSteps), shared)
    }
    case 'Loop': {
      const { until, maxIterations, forwardIterationOutput } = config
      const options = { ...reviewed, until, maxIterations, forwardIterationOutput }
      return loop(name, inner(config.steps), options)
    }
    case 'Router':
      return router(name, inner(config.choices), config.select, reviewed)
  }
}

/** Secrets are left out, so a changed key does not change the version. */
function digestOf(config: object | undefined): string {
  if (config === undefined) return ''
  const isSecret = (key: string) => key === 'apiKey' || key === 'path'
  const text = JSON.stringify(config, (key, value: unknown) => (isSecret(key) ? undefined : value))
  return hash('sha256', text, 'base64url')
}
