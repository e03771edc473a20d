/** Reads the parameters of `tasks/list`, and makes one page of tasks. */
import type { Task, TaskState } from '../../a2a/wire.ts'
import { isObject } from '../../json/is-object.ts'
import { badRequest, flagAt, stringAt } from '../json-body.ts'
import { idAt, lengthAt } from './message.ts'
import { withHistory } from './task.ts'
import { stateFrom1 } from './version-1.ts'
import type { Wire } from './wire.ts'
import { taskIn } from './wire.ts'

type Dict = Readonly<Record<string, unknown>>

export interface TaskQuery {
  readonly contextId: string | undefined
  readonly state: TaskState | undefined
  /** Tasks with a status of this time or later, in milliseconds since 1970. */
  readonly afterMs: number | undefined
  readonly pageSize: number
  /** Tasks of earlier pages. */
  readonly offset: number
  readonly historyLength: number
  readonly includesArtifacts: boolean
}

const STATES: ReadonlySet<string> = new Set<TaskState>([
  'submitted',
  'working',
  'input-required',
  'auth-required',
  'completed',
  'canceled',
  'failed',
  'rejected',
])
const MAX_PAGE_SIZE = 100
const MAX_OFFSET = 1_000_000

/** @throws {GatewayError} `AGW_BAD_REQUEST` */
export function taskQuery(params: Dict, { version }: Pick<Wire, 'version'>): TaskQuery {
  const pageSize = lengthAt(params, 'pageSize') ?? 50
  if (pageSize < 1 || pageSize > MAX_PAGE_SIZE) {
    throw badRequest(`'pageSize' has to be from 1 to ${MAX_PAGE_SIZE}`)
  }
  return {
    contextId: idAt(params, 'contextId'),
    state: stateIn(stringAt(params, 'status'), version),
    afterMs: timeIn(params['statusTimestampAfter'] ?? params['lastUpdatedAfter']),
    pageSize,
    offset: offsetIn(stringAt(params, 'pageToken')),
    historyLength: lengthAt(params, 'historyLength') ?? 0,
    includesArtifacts: flagAt(params, 'includeArtifacts'),
  }
}

function stateIn(given: string | undefined, version: Wire['version']): TaskState | undefined {
  if (!given || given === 'TASK_STATE_UNSPECIFIED') return undefined
  const state = version === '1.0' ? stateFrom1(given) : given
  if (state === undefined || !STATES.has(state))
    throw badRequest(`'${given}' is no state of a task`)
  return state as TaskState
}

function timeIn(given: unknown): number | undefined {
  if (given === undefined || given === null || given === '') return undefined
  const ms = /^\d{4}-/.test(String(given)) ? Date.parse(String(given)) : Number.NaN
  if (Number.isFinite(ms)) return ms
  throw badRequest("'statusTimestampAfter' has to be a time in ISO 8601")
}

function offsetIn(token: string | undefined): number {
  if (!token) return 0
  const offset = /^\d{1,7}$/.test(token) ? Number(token) : Number.NaN
  if (offset > 0 && offset <= MAX_OFFSET) return offset
  throw badRequest("'pageToken' is none of this gateway")
}

/** One page, newest status first. @param tasks all that were found */
export function pageOf(wire: Wire, query: TaskQuery, tasks: readonly Task[]): Dict {
  const { state, afterMs, pageSize, offset } = query
  const matching = tasks
    .filter(({ status }) => state === undefined || status.state === state)
    .filter(({ status }) => afterMs === undefined || timeOf(status) >= afterMs)
    .toSorted((a, b) => timeOf(b.status) - timeOf(a.status))
  const page = matching.slice(offset, offset + pageSize)
  const next = offset + page.length
  return {
    tasks: page.map((task) => taskIn(wire, trimmed(task, query))),
    nextPageToken: next < matching.length ? String(next) : '',
    pageSize: page.length,
    totalSize: matching.length,
  }
}

function timeOf({ timestamp }: Task['status']): number {
  return Date.parse(timestamp ?? '') || 0
}

function trimmed(task: Task, { historyLength, includesArtifacts }: TaskQuery): Task {
  const short = withHistory(task, historyLength)
  if (includesArtifacts) return short
  const { artifacts: _, ...rest } = short
  return rest
}

/** Ids of the sessions in an answer of AgentOS. */
export function sessionIdsIn(answer: unknown): string[] {
  const data = isObject(answer) ? answer['data'] : undefined
  if (!Array.isArray(data)) return []
  return data.flatMap((item) => {
    const id: unknown = isObject(item) ? item['session_id'] : undefined
    return typeof id === 'string' ? [id] : []
  })
}
