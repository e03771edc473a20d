/**
 * Finds the runs that a request causes without naming the component in its path: by its body, or by a record that the AgentOS
 * keeps. Decides nothing.
 */

import type { ComponentKind } from '../../config/types.ts'
import { GatewayError } from '../errors.ts'
import { percentEncoded } from '../parameters/path.ts'

/** A run that the request causes. */
export interface CausedRun {
  /** Undefined for a scheduled call that is no run of a component: only the admin may cause it. */
  readonly kind: ComponentKind | undefined
  readonly name: string
  /** The name comes from the upstream's record, so it is the upstream's own id. */
  readonly isStored: boolean
}

/** Returns whether the run is of a component. */
export function isNamed(run: CausedRun): run is CausedRun & { readonly kind: ComponentKind } {
  return run.kind !== undefined
}

export type Fields = Readonly<Record<string, unknown>>

/** An operation that causes runs. */
export interface CausingRoute {
  /** Members of the body that decide; undefined where the body is not read. */
  readonly members: ReadonlySet<string> | undefined
  /** Path of the stored record on the upstream, without the query. */
  readonly recordPath: string
  /**
   * Lists the runs that the request causes.
   *
   * @param body the JSON object of the body; empty when the route reads no body
   * @param stored reads the record of {@link recordPath}; undefined when the AgentOS has no such record
   * @throws {GatewayError} `AGW_BODY_INVALID`; every error that `stored` throws
   */
  runs(body: Fields, stored: () => Promise<Fields | undefined>): Promise<readonly CausedRun[]>
}

type Runs = CausingRoute['runs']

interface Row {
  readonly pattern: RegExp
  readonly members?: ReadonlySet<string>
  readonly runs: Runs
}

const CALL = new Set(['endpoint', 'method', 'payload'])
const EXECUTOR = new Set(['executor_type', 'executor_id'])

/** @see AgentOS `agno/os/routers/evals`, `schedules`, `company`, `run_permissions.py` */
const ROWS: readonly Row[] = [
  {
    pattern: /^POST \/eval-runs$/,
    members: new Set(['agent_id', 'team_id']),
    runs: async ({ agent_id, team_id }) => [
      ...named('agents', agent_id),
      ...named('teams', team_id),
    ],
  },
  {
    pattern: /^POST \/schedules$/,
    members: CALL,
    runs: async (body) => (body['endpoint'] === undefined ? [] : [calledBy(body, {})]),
  },
  {
    pattern: /^PATCH (\/schedules\/[^/]+)$/,
    members: CALL,
    runs: async (body, stored) => {
      if (![...CALL].some((name) => name in body)) return []
      const isWhole = 'endpoint' in body && 'method' in body
      const record = isWhole ? {} : await stored()
      return record === undefined ? [] : [calledBy(body, record)]
    },
  },
  {
    pattern: /^POST (\/schedules\/[^/]+)\/(?:enable|trigger)$/,
    runs: async (_body, stored) => {
      const record = await stored()
      return record === undefined ? [] : [calledBy({}, record)]
    },
  },
  {
    pattern: /^POST (\/company\/routines\/[^/]+)\/(?:trigger|resume)$/,
    runs: async (_body, stored) => executor({}, (await stored()) ?? {}),
  },
  {
    pattern: /^PATCH (\/company\/routines\/[^/]+)$/,
    members: EXECUTOR,
    runs: async (body, stored) => executor(body, (await stored()) ?? {}),
  },
  {
    pattern: /^POST (\/company\/tasks\/[^/]+)\/runs$/,
    runs: async (_body, stored) => executor({}, (await stored()) ?? {}),
  },
  {
    pattern: /^(?:POST|PATCH) \/company\/(?:routines|tasks|setup)(?:\/.+)?$/,
    members: new Set([...EXECUTOR, 'routines']),
    runs: async (body) => [body, ...listIn(body['routines'])].flatMap((each) => executor(each, {})),
  },
]

/** Matches the routes that cause runs by a body or a stored record. All other requests name the run in the path. */
const CAUSING = /^\/(?:eval-runs|schedules|company)(?:\/|$)/

/**
 * @param path decoded path on the upstream
 * @returns undefined for a request that causes only the run in its path
 */
export function causingRoute(method: string, path: string): CausingRoute | undefined {
  if (!CAUSING.test(path)) return undefined
  for (const { pattern, members, runs } of ROWS) {
    const match = pattern.exec(`${method} ${path}`)
    if (match) return { members, runs, recordPath: encoded(match[1] ?? '') }
  }
  return undefined
}

function encoded(path: string): string {
  return path.split('/').map(percentEncoded).join('/')
}

function named(kind: ComponentKind, name: unknown): CausedRun[] {
  return typeof name === 'string' ? [{ kind, name, isStored: false }] : []
}

/** The call that AgentOS will make: the stored schedule merged with the change. */
function calledBy(body: Fields, stored: Fields): CausedRun {
  const isStored = !('endpoint' in body)
  const endpoint = isStored ? stored['endpoint'] : body['endpoint']
  const method = 'method' in body ? body['method'] : (stored['method'] ?? 'POST')
  if (typeof endpoint !== 'string' || typeof method !== 'string') {
    if (!isStored || 'method' in body)
      throw noText(typeof method === 'string' ? 'endpoint' : 'method')
    return { kind: undefined, name: '', isStored }
  }
  return { ...runCalled(method, endpoint), isStored }
}

const RUN_ENDPOINT = /^\/(agents|teams|workflows)\/([^/?#\\]+)\/runs\/?$/
/** Characters in an id that the calling client or the server would interpret. */
const UNPLAIN = /[/\\?#%\p{C}]|^\.{1,2}$/u

/** Finds the component of a scheduled call. As in AgentOS, the endpoint must be the plain path of a run. */
function runCalled(method: string, endpoint: string): Pick<CausedRun, 'kind' | 'name'> {
  const [, kind, id = ''] = RUN_ENDPOINT.exec(endpoint) ?? []
  const name = decodedOr(id, '')
  const isRun = method.toUpperCase() === 'POST' && kind !== undefined && name !== ''
  if (!isRun || UNPLAIN.test(name)) return { kind: undefined, name: '' }
  return { kind: kind as ComponentKind, name }
}

function decodedOr(text: string, otherwise: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return otherwise
  }
}

const EXECUTOR_KINDS: ReadonlyMap<unknown, ComponentKind> = new Map([
  ['agent', 'agents'],
  ['team', 'teams'],
  ['workflow', 'workflows'],
])

/** The executor of a routine or task of AgentOS Company. A routine's record calls it its target. */
function executor(body: Fields, stored: Fields): CausedRun[] {
  const isStored = !('executor_id' in body)
  const type = body['executor_type'] ?? stored['executor_type'] ?? stored['target_type']
  const name = body['executor_id'] ?? stored['executor_id'] ?? stored['target_id']
  if (typeof name !== 'string' || name === '') return []
  return [{ kind: EXECUTOR_KINDS.get(type), name, isStored }]
}

function listIn(value: unknown): Fields[] {
  const items = Array.isArray(value) ? (value as unknown[]) : []
  return items.filter((item): item is Fields => typeof item === 'object' && item !== null)
}

function noText(name: string): GatewayError {
  const msg = 'Input should be a valid string'
  return new GatewayError('AGW_BODY_INVALID', {
    detail: [{ type: 'string_type', loc: ['body', name], msg }],
  })
}
