/** `/approvals`. @see AgentOS `agno/os/routers/approvals` */
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
    shows: ['approval', 'id'],
    ambiguous: { do: 'page', limit: 100, most: 1_000, order: { by: ['created_at'] } },
  },
  { method: 'GET', path: '/approvals/count', scope, ambiguous: { do: 'sum', how: 'count' } },
  { method: 'GET', path: '/approvals/:approval_id', scope, id, ambiguous: FIRST },
  { method: 'GET', path: '/approvals/:approval_id/status', scope, id, ambiguous: FIRST },
  { method: 'POST', path: '/approvals/:approval_id/resolve', scope, id, ambiguous: HERE },
  { method: 'DELETE', path: '/approvals/:approval_id', scope, id, ambiguous: HERE },
]
