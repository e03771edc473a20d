/** Names the operation that a request asks for: by its JSON-RPC method, or by its REST path. */
import { isObject } from '../../json/is-object.ts'
import { stringAt } from '../json-body.ts'
import { A2aError } from './a2a-error.ts'
import type { Wire } from './wire.ts'
import { UNKNOWN_WIRE } from './wire.ts'

type Dict = Readonly<Record<string, unknown>>

export type OperationName =
  | 'send'
  | 'stream'
  | 'get'
  | 'list'
  | 'cancel'
  | 'subscribe'
  | 'push'
  | 'extendedCard'

/** One request. */
export interface Operation {
  readonly name: OperationName
  readonly params: Dict
  readonly wire: Wire
}

/** Methods of both versions. The names are disjoint, so a method shows the version of a caller without a header. */
const METHODS: ReadonlyMap<string, readonly [OperationName, Wire['version']]> = new Map([
  ['message/send', ['send', '0.3']],
  ['message/stream', ['stream', '0.3']],
  ['tasks/get', ['get', '0.3']],
  ['tasks/list', ['list', '0.3']],
  ['tasks/cancel', ['cancel', '0.3']],
  ['tasks/resubscribe', ['subscribe', '0.3']],
  ['tasks/pushNotificationConfig/set', ['push', '0.3']],
  ['tasks/pushNotificationConfig/get', ['push', '0.3']],
  ['tasks/pushNotificationConfig/list', ['push', '0.3']],
  ['tasks/pushNotificationConfig/delete', ['push', '0.3']],
  ['agent/getAuthenticatedExtendedCard', ['extendedCard', '0.3']],
  ['SendMessage', ['send', '1.0']],
  ['SendStreamingMessage', ['stream', '1.0']],
  ['GetTask', ['get', '1.0']],
  ['ListTasks', ['list', '1.0']],
  ['CancelTask', ['cancel', '1.0']],
  ['SubscribeToTask', ['subscribe', '1.0']],
  ['CreateTaskPushNotificationConfig', ['push', '1.0']],
  ['GetTaskPushNotificationConfig', ['push', '1.0']],
  ['ListTaskPushNotificationConfigs', ['push', '1.0']],
  ['DeleteTaskPushNotificationConfig', ['push', '1.0']],
  ['GetExtendedAgentCard', ['extendedCard', '1.0']],
])

/**
 * The version that a header `A2A-Version` names. Patch numbers do not count.
 *
 * @returns undefined without the header
 * @throws {A2aError} `version`
 */
export function versionIn(header: string | string[] | undefined): Wire['version'] | undefined {
  if (header === undefined || header === '') return undefined
  const [, version] = /^(0\.3|1\.0)(?:\.\d+)?$/.exec(String(header)) ?? []
  if (version === '0.3' || version === '1.0') return version
  throw new A2aError('version', 'This agent speaks A2A 1.0 and 0.3')
}

/** The id of a JSON-RPC request; null for anything that is no id. */
export function requestId(body: unknown): Wire['id'] {
  const id = isObject(body) ? body['id'] : undefined
  return typeof id === 'string' || Number.isSafeInteger(id) ? (id as string | number) : null
}

/**
 * The form of the answer to a JSON-RPC request, before the version is known.
 *
 * @param accept header of the request
 */
export function rpcWire(body: unknown, accept: string | undefined): Wire {
  const [name] = METHODS.get(isObject(body) ? (body['method'] as string) : '') ?? []
  const isStreamed = name === 'stream' || name === 'subscribe'
  const readsEvents = isStreamed && accept?.toLowerCase().includes('text/event-stream') === true
  return { ...UNKNOWN_WIRE, id: requestId(body), readsEvents }
}

/**
 * @param version of the header, if there is one
 * @param wire form of the answer; the version of the method replaces its version
 * @throws {A2aError} `request`, `method`, `params`
 */
export function rpcOperation(
  body: unknown,
  version: Wire['version'] | undefined,
  wire: Wire = rpcWire(body, undefined),
): Operation {
  assertRequest(body)
  const [name, own] = METHODS.get(body['method'] as string) ?? []
  if (name === undefined || own === undefined) throw new A2aError('method')
  if (version !== undefined && version !== own) {
    throw new A2aError('method', `This method is one of A2A ${own}`)
  }
  const params = paramsIn(body, name !== 'extendedCard')
  return { name, params, wire: { ...wire, version: own } }
}

function assertRequest(body: unknown): asserts body is Dict {
  if (!isObject(body) || body['jsonrpc'] !== '2.0') throw new A2aError('request')
  const { id = null, method } = body
  const isId = id === null || typeof id === 'string' || Number.isSafeInteger(id)
  if (!isId || typeof method !== 'string' || method === '') throw new A2aError('request')
}

function paramsIn({ params }: Dict, isRequired: boolean): Dict {
  if (isObject(params) && !Object.hasOwn(params, '')) return params
  if (!isRequired && (params === undefined || params === null)) return {}
  throw new A2aError('params', "'params' has to be an object")
}

/** JSON-RPC posted to a REST path, as an AgentOS has it; the path says which operation is meant. */
export function agentOsOperation(name: OperationName, body: Dict): Operation {
  const wire: Wire = { version: '0.3', binding: 'jsonrpc', id: requestId(body), isAgentOs: true }
  return { name, params: paramsIn(body, true), wire }
}

/** A REST request, before its body is read. */
export interface RestRoute {
  readonly name: OperationName
  readonly version: Wire['version']
  readonly taskId: string | undefined
  /** A path that an AgentOS has: JSON-RPC may be posted to it. */
  readonly isAgentOs: boolean
}

const TASK = /^tasks\/([^/:]+)(?::(cancel|subscribe))?$/
const PUSH = /^tasks\/[^/:]+\/pushNotificationConfigs(?:\/[^/]+)?$/
/** By method and path, with `{task}` for a task below `tasks/`. */
const ROUTES: ReadonlyMap<string, OperationName> = new Map([
  ['POST message:send', 'send'],
  ['POST message:stream', 'stream'],
  ['POST tasks:get', 'get'],
  ['POST tasks:cancel', 'cancel'],
  ['GET tasks', 'list'],
  ['GET extendedAgentCard', 'extendedCard'],
  ['GET card', 'extendedCard'],
  ['GET {task}', 'get'],
  ['POST {task}:cancel', 'cancel'],
  ['GET {task}:subscribe', 'subscribe'],
  ['POST {task}:subscribe', 'subscribe'],
])

/**
 * @param path decoded path below the component, without slashes at its ends
 * @throws {A2aError} `method`
 */
export function restRoute(method: string, path: string): RestRoute {
  const isOld = path.startsWith('v1/')
  const version = isOld ? '0.3' : '1.0'
  const below = isOld ? path.slice('v1/'.length) : path
  if (PUSH.test(below)) return { name: 'push', version, taskId: undefined, isAgentOs: false }
  const [, taskId, action] = TASK.exec(below) ?? []
  const suffix = action === undefined ? '' : `:${action}`
  const name = ROUTES.get(`${method} ${taskId === undefined ? below : `{task}${suffix}`}`)
  const isOwn = below === 'tasks:get' || below === 'tasks:cancel'
  if (name === undefined || (isOwn && !isOld)) throw new A2aError('method', 'No such operation')
  return { name, version, taskId, isAgentOs: isOld && (isOwn || below.startsWith('message:')) }
}

/** Parameters of a GET: numbers and flags as text. */
export function paramsOfQuery(query: URLSearchParams): Dict {
  const params: Record<string, unknown> = {}
  for (const [name, value] of query) {
    if (name === 'pageSize' || name === 'historyLength') params[name] = Number(value)
    else params[name] = name === 'includeArtifacts' ? value === 'true' : value
  }
  return params
}

/** The JSON object of a REST body. */
export function restOperation(route: RestRoute, params: Dict): Operation {
  const { name, version, taskId } = route
  const wire: Wire = { version, binding: 'rest', id: null, isAgentOs: false }
  return { name, params: taskId === undefined ? params : { ...params, id: taskId }, wire }
}

/** The id of the task that a request names. @throws {A2aError} `params` */
export function taskIdIn(params: Dict): string {
  // Earlier drafts of 1.0 have a resource name.
  const id = stringAt(params, 'id') ?? stringAt(params, 'name')?.replace(/^tasks\//, '')
  if (!id) throw new A2aError('params', "'id' of the task is required")
  return id
}
