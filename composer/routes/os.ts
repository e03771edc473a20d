/** Serves the composer's own description: `/health`, `/info`, `/config`, the lists and the cards. */
import type { FastifyInstance } from 'fastify'
import { SINGULAR } from '../../config/component-kind.ts'
import type { ComposedTeamConfig, MemberRef, StepConfig } from '../../config/composition-types.ts'
import { VERSION } from '../../src/version.ts'
import type { Caller } from '../caller.ts'
import { callerOf } from '../caller.ts'
import type { ComposerContext } from '../context.ts'
import { cardOf } from '../definitions.ts'
import { HttpError } from '../http-error.ts'

const FLAGS = { is_factory: false, is_component: false, sandboxed: false }
/** AgentOS release whose API the composer implements. */
const AGNO_VERSION = '3.1.10'
/** Longest wait for the members' cards. */
const CARD_TIMEOUT_MS = 3_000

/** Registers the routes. */
export function osRoutes(app: FastifyInstance, context: ComposerContext): void {
  const instantiated_at = new Date().toISOString()
  app.get('/health', async () => ({ status: 'ok', instantiated_at }))
  app.get('/info', async () => info(context))
  app.get('/config', async () => config(context))
  app.get('/agents', async () => [])
  app.get('/teams', async () => teamCards(context))
  app.get('/workflows', async () => workflowEntries(context))
  app.get<{ Params: { id: string } }>('/teams/:id', async (request) => {
    const team = context.definitions().teamConfigs.get(request.params.id)
    if (team === undefined) throw new HttpError(404, 'Team not found')
    const caller = callerOf(request)
    const members = team.members.map(({ ref }) => memberCard(context, ref, caller))
    return teamCard(context, team, await Promise.all(members))
  })
  app.get<{ Params: { id: string } }>('/workflows/:id', async (request) => {
    const found = context.definitions().workflowConfigs.get(request.params.id)
    if (found === undefined) throw new HttpError(404, 'Workflow not found')
    const steps = await cardSteps(context, found.steps, callerOf(request))
    return { ...entry(context, found.id), steps, workflow_agent: false, ...FLAGS }
  })
}

function entry({ id, definitions }: ComposerContext, workflowId: string) {
  const workflow = definitions().workflows.get(workflowId)
  return {
    id: workflowId,
    name: workflow?.name,
    db_id: id,
    description: workflow?.description,
  }
}

function workflowEntries(context: ComposerContext) {
  const ids = [...context.definitions().workflows.keys()]
  return ids.map((id) => ({ ...entry(context, id), ...FLAGS }))
}

/**
 * Builds the cards of a list. They contain only names of members, because the caller may lack the right to read a
 * member's card.
 */
function teamCards(context: ComposerContext) {
  const configs = [...context.definitions().teamConfigs.values()]
  return configs.map((team) => {
    const members = team.members.map(({ ref }) => ({ id: ref.id }))
    return teamCard(context, team, members)
  })
}

function teamCard({ id }: ComposerContext, team: ComposedTeamConfig, members: readonly unknown[]) {
  const { model, provider } = team.model
  return {
    id: team.id,
    name: team.name ?? team.id,
    db_id: id,
    description: team.description,
    mode: team.mode,
    model: { name: 'OpenAILike', model, provider },
    members,
    ...FLAGS,
  }
}

function teamEntries({ id, definitions }: ComposerContext) {
  return [...definitions().teamConfigs.values()].map((team) => ({
    id: team.id,
    name: team.name ?? team.id,
    description: team.description,
    db_id: id,
    mode: team.mode,
    model: { id: team.model.model, provider: team.model.provider },
    sandboxed: false,
  }))
}

function info({ id, definitions }: ComposerContext) {
  return {
    os_id: id,
    name: null,
    os_version: VERSION,
    agno_version: AGNO_VERSION,
    agent_count: 0,
    team_count: definitions().teams.size,
    workflow_count: definitions().workflows.size,
    mcp: { enabled: false, path: null, oauth: null, tool_run_endpoint: false },
    auth_mode: 'none',
    user_isolation: false,
  }
}

function config(context: ComposerContext) {
  const { id } = context
  const dbs = [{ db_id: id, domain_config: { display_name: id }, tables: ['sessions'] }]
  return {
    os_id: id,
    available_models: [],
    os_database: id,
    databases: [id],
    session: { dbs },
    agents: [],
    teams: teamEntries(context),
    workflows: workflowEntries(context),
    interfaces: [],
  }
}

/** Builds the blocks of a card in AgentOS's form, with the members' cards that the caller may read. */
async function cardSteps(
  context: ComposerContext,
  steps: readonly StepConfig[],
  caller: Caller,
): Promise<Record<string, unknown>[]> {
  return await Promise.all(
    steps.map(async (step) => {
      const base = { name: step.name, type: step.type }
      if (step.type === 'Step') {
        const key = SINGULAR[step.member.kind]
        return { ...base, [key]: await memberCard(context, step.member, caller) }
      }
      if (step.type === 'Router') {
        return { ...base, choices: await cardSteps(context, step.choices, caller) }
      }
      const inner = { ...base, steps: await cardSteps(context, step.steps, caller) }
      if (step.type !== 'Condition' || step.elseSteps.length === 0) return inner
      return { ...inner, else_steps: await cardSteps(context, step.elseSteps, caller) }
    }),
  )
}

async function memberCard(
  { definitions }: ComposerContext,
  ref: MemberRef,
  { authToken, headers, isTooDeep }: Caller,
): Promise<unknown> {
  if (isTooDeep) return { id: ref.id }
  const signal = AbortSignal.timeout(CARD_TIMEOUT_MS)
  try {
    return await cardOf(definitions().member(ref), { authToken, headers, signal })
  } catch {
    return { id: ref.id }
  }
}
