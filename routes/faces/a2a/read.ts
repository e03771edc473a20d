/** Reads A2A requests: JSON-RPC, REST, and JSON-RPC posted to REST paths as an AgentOS has them. */
import type { ComponentKind } from '../../../config/types.ts'
import { A2aError } from '../../../src/face/a2a/a2a-error.ts'
import type { Operation } from '../../../src/face/a2a/operation.ts'
import {
  agentOsOperation,
  paramsOfQuery,
  requestId,
  restOperation,
  restRoute,
  rpcOperation,
  rpcWire,
  versionIn,
} from '../../../src/face/a2a/operation.ts'
import type { Wire } from '../../../src/face/a2a/wire.ts'
import { jsonIn } from '../../../src/face/json-body.ts'
import { isObject } from '../../../src/json/is-object.ts'
import { decoded } from '../../../src/parameters/path.ts'
import type { FaceCall } from '../face-call.ts'

/** The component in the path. */
export interface Target {
  readonly kind: ComponentKind
  readonly id: string
}

/** @param known receives the form of the answer early, for the answer to a failure */
export async function readRpc(call: FaceCall, known: (wire: Wire) => void): Promise<Operation> {
  const bytes = await call.bytes()
  const body = await jsonIn(bytes).catch(() => {
    throw new A2aError('parse')
  })
  const { headers } = call.request
  const wire = rpcWire(body, headers.accept)
  known(wire)
  return rpcOperation(body, versionIn(headers['a2a-version']), wire)
}

/** As {@link readRpc}, for the paths below the component. */
export async function readRest(call: FaceCall, known: (wire: Wire) => void): Promise<Operation> {
  const { method, params, headers, raw } = call.request
  known({ version: '1.0', binding: 'rest', id: null, isAgentOs: false })
  const route = restRoute(method, decoded((params as { '*': string })['*']))
  known({ version: route.version, binding: 'rest', id: null, isAgentOs: false })
  if (method !== 'POST') {
    assertVersion(route.version, headers['a2a-version'])
    const { url = '' } = raw
    const at = url.indexOf('?')
    const query = new URLSearchParams(at === -1 ? '' : url.slice(at + 1))
    return restOperation(route, paramsOfQuery(query))
  }
  const bytes = await call.bytes()
  // Operations on a task need no body.
  const body = bytes.length === 0 && route.taskId !== undefined ? {} : await jsonIn(bytes)
  if (!isObject(body)) throw new A2aError('params', 'The body has to be a JSON object')
  if (route.isAgentOs && Object.hasOwn(body, 'jsonrpc')) {
    known({ version: '0.3', binding: 'jsonrpc', id: requestId(body), isAgentOs: true })
    return agentOsOperation(route.name, body)
  }
  assertVersion(route.version, headers['a2a-version'])
  return restOperation(route, body)
}

/** The paths of the versions differ, so the header only confirms the version. */
function assertVersion(version: Wire['version'], header: string | string[] | undefined): void {
  const named = versionIn(header)
  if (named === undefined || named === version) return
  throw new A2aError('version', `This path is one of A2A ${version}`)
}
