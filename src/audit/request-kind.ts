/** Sorts requests for the audit log: runs, requests that cause runs or decide about them, other changes, reads. */
import type { RequestTarget } from '../authorization/authorizer.ts'
import { causingRoute } from '../authorization/indirect-runs.ts'
import type { RoutedRequest } from '../request-target.ts'
import { startedRun } from '../started-run.ts'

/**
 * `run`: starts, continues, cancels or resumes a run. `cause`: starts runs by its body or a stored record, or decides about
 * an approval. `admin`: changes the gateway itself. `write`: any other method than GET, HEAD and OPTIONS.
 */
export type RequestKind = 'run' | 'cause' | 'admin' | 'write' | 'read'

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])
const RUN_ACTION = /^\/(?:agents|teams|workflows)\/[^/]+\/runs\/[^/]+\/(?:cancel|continue|resume)$/
/** Requests about a task of an A2A server. */
const A2A_TASK = /\/v1\/tasks[/:]/
const APPROVALS = /^\/approvals(?:\/|$)/
const OWN = /^\/gateway(?:\/|$)/

export function requestKind(target: RequestTarget, request: RoutedRequest): RequestKind {
  const { method, path, relayedTo } = target
  if (READS.has(method)) return 'read'
  if (causingRoute(method, path) || APPROVALS.test(path)) return 'cause'
  if (RUN_ACTION.test(path) || A2A_TASK.test(path)) return 'run'
  if (startedRun(target, request)) return 'run'
  return OWN.test(path) && relayedTo === undefined ? 'admin' : 'write'
}

/** Whether requests of this kind have lines. @param include `audit.include` */
export function isIncluded(kind: RequestKind, include: 'runs' | 'writes' | 'all'): boolean {
  if (kind === 'read') return include === 'all'
  return kind === 'write' ? include !== 'runs' : true
}
