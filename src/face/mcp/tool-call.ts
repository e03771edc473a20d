/** Reads the arguments of a tool call whose schema has been checked. */
import type { ComponentKind } from '../../../config/types.ts'
import type { NamedComponent } from '../component-filter.ts'
import { namedComponent } from '../component-filter.ts'
import { badRequest } from '../json-body.ts'
import { RUN_COMPONENT, SEARCH_COMPONENTS } from './component-tools.ts'
import type { ComponentId } from './tool-names.ts'

type Arguments = Readonly<Record<string, unknown>>

interface RunArguments {
  readonly component: NamedComponent
  readonly message: string
  readonly sessionId: string | undefined
  readonly userId: string | undefined
}

interface RunReference {
  readonly component: ComponentId
  readonly runId: string
  readonly sessionId: string | undefined
}

/** A tool call in AgentOS's terms. */
export type ToolCall =
  | ({ readonly type: 'run' } & RunArguments)
  | ({
      readonly type: 'continue'
      readonly requirements: readonly Arguments[]
      readonly userId: string | undefined
    } & RunReference)
  | ({ readonly type: 'cancel' } & RunReference)
  | { readonly type: 'config' }
  | {
      readonly type: 'search'
      readonly query: string
      readonly kind: ComponentKind | undefined
      readonly limit: number
    }
  /** A read of AgentOS's session routes. */
  | { readonly type: 'sessions'; readonly query: URLSearchParams }
  | {
      readonly type: 'session_runs'
      readonly sessionId: string
      readonly runId: string | undefined
      readonly query: URLSearchParams
    }

const KINDS: Readonly<Record<string, ComponentKind>> = {
  agent: 'agents',
  team: 'teams',
  workflow: 'workflows',
}

/**
 * @param component the component of a tool that runs only this one
 * @throws {GatewayError} `AGW_BAD_REQUEST` when `continue_run` or `cancel_run` does not name exactly one component
 */
export function toolCall(name: string, args: Arguments, component?: ComponentId): ToolCall {
  if (component) return { type: 'run', component, ...runArguments(args) }
  switch (name) {
    case 'get_agentos_config':
      return { type: 'config' }
    case 'run_agent':
    case 'run_team':
    case 'run_workflow': {
      const kind = name.slice('run_'.length)
      const named = { kind: KINDS[kind], id: String(args[`${kind}_id`]) }
      return { type: 'run', component: named, ...runArguments(args) }
    }
    case RUN_COMPONENT: {
      const named = namedComponent(String(args['component']))
      return { type: 'run', component: named, ...runArguments(args) }
    }
    case SEARCH_COMPONENTS: {
      const kind = KINDS[textIn(args['kind']) ?? '']
      return { type: 'search', query: textIn(args['query']) ?? '', kind, limit: countIn(args) }
    }
    case 'continue_run': {
      const { requirements } = args
      const given = Array.isArray(requirements) ? (requirements as Arguments[]) : []
      const userId = textIn(args['user_id'])
      return { type: 'continue', ...runReference(args), requirements: given, userId }
    }
    case 'cancel_run':
      return { type: 'cancel', ...runReference(args) }
    case 'get_sessions':
      return { type: 'sessions', query: sessionsQuery(args) }
    default:
      return {
        type: 'session_runs',
        sessionId: pathIdIn(args, 'session_id'),
        runId: textIn(args['run_id']),
        query: queryOf(args, { session_type: 'type', user_id: 'user_id', db_id: 'db_id' }),
      }
  }
}

function runArguments(args: Arguments): Omit<RunArguments, 'component'> {
  return {
    message: String(args['message']),
    sessionId: textIn(args['session_id']),
    userId: textIn(args['user_id']),
  }
}

function runReference(args: Arguments): RunReference {
  const named = Object.entries(KINDS).flatMap(([kind, kinds]) => {
    const id = textIn(args[`${kind}_id`])
    return id === undefined ? [] : [{ kind: kinds, id }]
  })
  const [component, another] = named
  if (component === undefined || another) {
    throw badRequest('Provide exactly one of agent_id, team_id, or workflow_id')
  }
  return { component, runId: pathIdIn(args, 'run_id'), sessionId: textIn(args['session_id']) }
}

function sessionsQuery(args: Arguments): URLSearchParams {
  const query = queryOf(args, {
    session_type: 'type',
    component_id: 'component_id',
    user_id: 'user_id',
    session_name: 'session_name',
    db_id: 'db_id',
    limit: 'limit',
    page: 'page',
    sort_by: 'sort_by',
    sort_order: 'sort_order',
  })
  if (!query.has('type')) query.set('type', 'agent')
  return query
}

/** The query of a route. @param names the parameter of each argument */
function queryOf(args: Arguments, names: Readonly<Record<string, string>>): URLSearchParams {
  const query = new URLSearchParams()
  for (const [argument, parameter] of Object.entries(names)) {
    const value = args[argument]
    if (typeof value === 'string' && value !== '') query.set(parameter, value)
    else if (typeof value === 'number') query.set(parameter, String(value))
  }
  return query
}

/** An empty text counts as missing, as in AgentOS. */
function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/**
 * An id that becomes a segment of a path.
 *
 * @throws {GatewayError} `AGW_BAD_REQUEST` for a dot segment, which a server in between could resolve
 */
export function pathIdIn(args: Arguments, name: string): string {
  const id = args[name]
  if (typeof id !== 'string' || /^\.{0,2}$/.test(id)) throw badRequest(`'${name}' is no id`)
  return id
}

function countIn({ limit }: Arguments): number {
  return typeof limit === 'number' ? limit : 20
}
