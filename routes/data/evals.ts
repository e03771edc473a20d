/**
 * Route table rows of `/eval-runs`.
 *
 * @see AgentOS `agno/os/routers/evals`
 */
import type { Row } from './row.ts'
import { FIRST, findAt, REFUSE } from './row.ts'

const scope = 'evals'
const id = ['eval run', 'eval_run_id'] as const

export const EVALS: readonly Row[] = [
  {
    method: 'GET',
    path: '/eval-runs',
    scope,
    idsInResponse: ['eval run', 'id'],
    whenAmbiguous: { strategy: 'page', limit: 20, order: { by: ['created_at'], isSortable: true } },
  },
  {
    method: 'POST',
    path: '/eval-runs',
    scope,
    idsInResponse: ['eval run', 'id'],
    whenAmbiguous: REFUSE,
  },
  {
    method: 'DELETE',
    path: '/eval-runs',
    scope,
    id,
    whenAmbiguous: {
      strategy: 'split',
      member: 'eval_run_ids',
      parallelFields: [],
      lookupPath: '/eval-runs/:eval_run_id',
    },
  },
  { method: 'GET', path: '/eval-runs/:eval_run_id', scope, id, whenAmbiguous: FIRST },
  {
    method: 'PATCH',
    path: '/eval-runs/:eval_run_id',
    scope,
    id,
    whenAmbiguous: findAt('/eval-runs/:eval_run_id'),
  },
]
