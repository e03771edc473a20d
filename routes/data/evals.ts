/** `/eval-runs`. @see AgentOS `agno/os/routers/evals` */
import type { Row } from './row.ts'
import { FIRST, findAt, REFUSE } from './row.ts'

const scope = 'evals'
const id = ['eval run', 'eval_run_id'] as const

export const EVALS: readonly Row[] = [
  {
    method: 'GET',
    path: '/eval-runs',
    scope,
    shows: ['eval run', 'id'],
    ambiguous: { do: 'page', limit: 20, order: { by: ['created_at'], isChosen: true } },
  },
  { method: 'POST', path: '/eval-runs', scope, shows: ['eval run', 'id'], ambiguous: REFUSE },
  {
    method: 'DELETE',
    path: '/eval-runs',
    scope,
    id,
    ambiguous: { do: 'split', member: 'eval_run_ids', along: [], at: '/eval-runs/:eval_run_id' },
  },
  { method: 'GET', path: '/eval-runs/:eval_run_id', scope, id, ambiguous: FIRST },
  {
    method: 'PATCH',
    path: '/eval-runs/:eval_run_id',
    scope,
    id,
    ambiguous: findAt('/eval-runs/:eval_run_id'),
  },
]
