/**
 * Route table rows of `/schedules`. A new schedule belongs to the upstream of the component in its `endpoint`.
 *
 * @see AgentOS `agno/os/routers/schedules`
 */
import type { Row } from './row.ts'
import { FIRST, findAt, REFUSE } from './row.ts'

const scope = 'systems'
const id = ['schedule', 'schedule_id'] as const
const idsInResponse = ['schedule', 'id'] as const
const HERE = findAt('/schedules/:schedule_id')

export const SCHEDULES: readonly Row[] = [
  {
    method: 'GET',
    path: '/schedules',
    scope,
    idsInResponse,
    whenAmbiguous: {
      strategy: 'page',
      limit: 100,
      maxLimit: 1_000,
      order: { by: ['created_at', 'id'] },
    },
  },
  { method: 'POST', path: '/schedules', scope, idsInResponse, whenAmbiguous: REFUSE },
  { method: 'GET', path: '/schedules/:schedule_id', scope, id, whenAmbiguous: FIRST },
  { method: 'PATCH', path: '/schedules/:schedule_id', scope, id, whenAmbiguous: HERE },
  { method: 'DELETE', path: '/schedules/:schedule_id', scope, id, whenAmbiguous: HERE },
  { method: 'POST', path: '/schedules/:schedule_id/enable', scope, id, whenAmbiguous: HERE },
  { method: 'POST', path: '/schedules/:schedule_id/disable', scope, id, whenAmbiguous: HERE },
  { method: 'POST', path: '/schedules/:schedule_id/trigger', scope, id, whenAmbiguous: HERE },
  { method: 'GET', path: '/schedules/:schedule_id/runs', scope, id, whenAmbiguous: FIRST },
  { method: 'GET', path: '/schedules/:schedule_id/runs/:run_id', scope, id, whenAmbiguous: FIRST },
]
