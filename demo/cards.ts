/** Serves the description of an AgentOS: `/config`, `/info`, cards and lists. */
import {
  type Agent,
  type Component,
  KINDS,
  type Kind,
  type OsSpec,
  type Step,
  type Team,
  type Workflow,
} from './components.ts'
import { HttpError } from './http.ts'
import type { Routes } from './router.ts'

/** AgentOS release whose API the demo implements. */
export const AGNO_VERSION = '3.1.10'
/** Model of every demo component. */
export const MODEL = { id: 'scripted', provider: 'Demo', class: 'ScriptedModel' } as const

const FLAGS = { is_factory: false, is_component: false, sandboxed: false }
const COMMON = {
  sessions: { session_table: 'agno_sessions' },
  reasoning: { reasoning: false },
}

/** Finds the component of a kind and id. @throws HttpError 404 with AgentOS's message. */
export function findComponent(os: OsSpec, kind: Kind, id: string): Component {
  const found = os.components.find((component) => component.kind === kind && component.id === id)
  if (found) return found
  throw new HttpError(404, `${kind.charAt(0).toUpperCase()}${kind.slice(1)} not found`)
}

function ofKind(os: OsSpec, kind: Kind): Component[] {
  return os.components.filter((component) => component.kind === kind)
}

/** The full card: `GET /agents/{id}`, `/teams/{id}`, `/workflows/{id}`. */
export function card(os: OsSpec, component: Component): Record<string, unknown> {
  if (component.kind === 'agent') return agentCard(os, component)
  if (component.kind === 'team') return teamCard(os, component)
  return { ...workflowEntry(os, component), ...workflowSteps(os, component), ...FLAGS }
}

function agentCard(os: OsSpec, agent: Agent): Record<string, unknown> {
  const { id, name, description, tools } = agent
  return {
    id,
    name,
    db_id: os.dbId,
    filesystem: false,
    description,
    is_factory: false,
    model: { name: MODEL.class, model: MODEL.id, provider: MODEL.provider },
    ...(tools && { tools: { tools } }),
    ...COMMON,
    system_message: { description },
    is_component: false,
    sandboxed: false,
  }
}

function teamCard(os: OsSpec, team: Team): Record<string, unknown> {
  return {
    id: team.id,
    name: team.name,
    db_id: os.dbId,
    description: team.description,
    mode: 'coordinate',
    model: { name: MODEL.class, model: MODEL.id, provider: MODEL.provider },
    ...COMMON,
    streaming: { stream_member_events: true },
    members: team.members.map((member) => agentCard(os, member)),
    ...FLAGS,
  }
}

/** Entry of a workflow in a list, without its steps. */
function workflowEntry(os: OsSpec, workflow: Workflow): Record<string, unknown> {
  const { id, name, description } = workflow
  return { id, name, db_id: os.dbId, description, ...FLAGS }
}

function workflowSteps(os: OsSpec, workflow: Workflow): Record<string, unknown> {
  const single = ({ name, agent }: Step) => ({ name, type: 'Step', agent: agentCard(os, agent) })
  const steps = workflow.steps.map((step) =>
    'parallel' in step
      ? { name: step.name, type: 'Parallel', steps: step.parallel.map(single) }
      : single(step),
  )
  return { steps, workflow_agent: false }
}

function listEntry(os: OsSpec, component: Component): Record<string, unknown> {
  return component.kind === 'workflow' ? workflowEntry(os, component) : card(os, component)
}

/** The entry in `/config`. */
function summary(os: OsSpec, component: Component): Record<string, unknown> {
  const { id, name, description, kind } = component
  if (kind === 'workflow') return workflowEntry(os, component)
  return {
    id,
    name,
    description,
    db_id: os.dbId,
    ...(kind === 'team' && { mode: 'coordinate' }),
    model: { id: MODEL.id, provider: MODEL.provider },
    sandboxed: false,
  }
}

function config(os: OsSpec): Record<string, unknown> {
  const domain = (...tables: string[]) => {
    const entry = { db_id: os.dbId, domain_config: { display_name: os.dbId } }
    return { dbs: [{ ...entry, ...(tables.length > 0 && { tables }) }] }
  }
  return {
    os_id: os.id,
    description: os.description,
    available_models: [{ id: MODEL.id, provider: MODEL.provider }],
    os_database: os.dbId,
    databases: [os.dbId],
    session: domain('agno_sessions'),
    metrics: domain('agno_metrics'),
    memory: domain('agno_memories'),
    learning: domain('agno_learnings'),
    filesystem: { namespaces: [] },
    knowledge: { dbs: [], knowledge_instances: [] },
    evals: domain('agno_eval_runs'),
    traces: domain(),
    queue: { durable: false, queue_per_session: false },
    agents: ofKind(os, 'agent').map((component) => summary(os, component)),
    teams: ofKind(os, 'team').map((component) => summary(os, component)),
    workflows: ofKind(os, 'workflow').map((component) => summary(os, component)),
    interfaces: [],
    company: null,
  }
}

function info(os: OsSpec): Record<string, unknown> {
  return {
    os_id: os.id,
    name: null,
    os_version: '1.0.0',
    agno_version: AGNO_VERSION,
    agent_count: ofKind(os, 'agent').length,
    team_count: ofKind(os, 'team').length,
    workflow_count: ofKind(os, 'workflow').length,
    mcp: { enabled: false, path: null, oauth: null, tool_run_endpoint: false },
    auth_mode: 'none',
    user_isolation: false,
  }
}

/** `GET /health`, `/info`, `/config`, the lists and the cards. */
export function cardRoutes(os: OsSpec): Routes {
  const health = { status: 'ok', instantiated_at: new Date().toISOString().replace('Z', '000Z') }
  const routes: Routes = {
    'GET /health': () => ({ status: 200, body: health }),
    'GET /info': () => ({ status: 200, body: info(os) }),
    'GET /config': () => ({ status: 200, body: config(os) }),
  }
  for (const kind of KINDS) {
    routes[`GET /${kind}s`] = () => {
      return { status: 200, body: ofKind(os, kind).map((component) => listEntry(os, component)) }
    }
    routes[`GET /${kind}s/{id}`] = (call) => {
      return { status: 200, body: card(os, findComponent(os, kind, call.param('id'))) }
    }
  }
  return routes
}
