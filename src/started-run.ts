/**
 * Finds the run that a request holds open, for the limit of parallel runs. It reads the path only: a run that an evaluation
 * starts is named in the body.
 */
import type { RequestTarget } from './authorization/authorizer.ts'
import type { Catalogue } from './catalogue/catalogue.ts'
import { interfaceAt } from './catalogue/interfaces.ts'
import { decoded, percentEncoded, withoutEndSlashes } from './parameters/path.ts'
import type { RoutedRequest } from './request-target.ts'
import { targetComponent } from './request-target.ts'
import type { Upstream } from './upstream/upstream.ts'

/** A run that lasts as long as the response. */
export interface StartedRun {
  /**
   * Key of the component. Of an interface that runs one component, and does not name it, the key of the interface; undefined
   * where the body names the component.
   */
  readonly component: string | undefined
}

const RUN = /^\/(?:agents|teams|workflows)\/[^/]+\/runs(?:\/[^/]+\/continue)?$/
/** @see AgentOS `agno/os/interfaces/a2a/router.py` */
const A2A_MESSAGE = /(\/(?:agents|teams|workflows)\/)([^/]+)\/v1\/message:(?:send|stream)$/
/** A2A of 2.9.0 and MCP name the component in the body. */
const NAMED_IN_BODY = /\/message\/(?:send|stream)$|^\/mcp(?:\/.*)?$|^\/eval-runs$/
/** @see AgentOS `agno/os/interfaces/agui/router.py` */
const AGUI = /\/agui$/

/** @returns undefined for a request that starts no run, or one that ends after the response */
export function startedRun(target: RequestTarget, request: RoutedRequest): StartedRun | undefined {
  const { method, path, relayedTo } = target
  if (method !== 'POST') return undefined
  if (RUN.test(path) || A2A_MESSAGE.test(path)) {
    const { kind, id } = targetComponent(target, request) ?? {}
    return { component: kind && `${kind}/${id}` }
  }
  // Every request to a server of another protocol than AgentOS's may start a run.
  if (NAMED_IN_BODY.test(path) || relayedTo?.isAgentOs === false) return { component: undefined }
  if (!AGUI.test(path)) return undefined
  const upstream = relayedTo ?? interfaceOwner(request.gateway.discovery.current, path)
  return { component: `${upstream?.name ?? ''}${path}` }
}

function interfaceOwner(catalogue: Catalogue, path: string): Upstream | undefined {
  const [only, another] = catalogue.agentOses
  return only && !another ? only : interfaceAt(catalogue, path)?.upstream
}

/**
 * The runs that an AgentOS stores for messages of its A2A interface, as a path on the upstream.
 *
 * @param path path of a request on the upstream, with or without a query
 * @returns undefined for any other request
 */
export function runsOfMessage(path: string): string | undefined {
  const [plain = ''] = path.split('?', 1)
  const [, kind, id] = A2A_MESSAGE.exec(decoded(withoutEndSlashes(plain))) ?? []
  return kind && id && `${kind}${percentEncoded(id)}/runs`
}
