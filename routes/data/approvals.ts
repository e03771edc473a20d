/**
 * Route table rows of `/approvals`.
 *
 * @see AgentOS `agno/os/routers/approvals`
 */
import type { Row } from './row.ts'
import { FIRST, findAt } from './row.ts'

const scope = 'systems'
const id = ['approval', 'approval_id'] as const
const HERE = findAt('/approvals/:approval_id')

export const APPROVALS: readonly Row[] = [
  {
    method: 'GET',
    path: '/approvals',
    scope,
    idsInResponse: ['approval', 'id'],
    whenAmbiguous: { strategy: 'page', limit: 100, maxLimit: 1_000, order: { by: ['created_at'] } },
  },
  {
    method: 'GET',
    path: '/approvals/count',
    scope,
    whenAmbiguous: { strategy: 'sum', operation: 'count' },
  },
  { method: 'GET', path: '/approvals/:approval_id', scope, id, whenAmbiguous: FIRST },
  { method: 'GET', path: '/approvals/:approval_id/status', scope, id, whenAmbiguous: FIRST },
  { method: 'POST', path: '/approvals/:approval_id/resolve', scope, id, whenAmbiguous: HERE },
  { method: 'DELETE', path: '/approvals/:approval_id', scope, id, whenAmbiguous: HERE },
]
