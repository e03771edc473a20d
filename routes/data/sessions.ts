/**
 * Route table rows of `/sessions`.
 *
 * @see AgentOS `agno/os/routers/session`, `agno/os/routers/media`
 */
import type { Row } from './row.ts'
import { FIRST, findAt, REFUSE } from './row.ts'

const scope = 'session'
const id = ['session', 'session_id'] as const
const HERE = findAt('/sessions/:session_id')

export const SESSIONS: readonly Row[] = [
  {
    method: 'GET',
    path: '/sessions',
    scope,
    idsInResponse: id,
    whenAmbiguous: { strategy: 'page', limit: 20, order: { by: ['created_at'], isSortable: true } },
  },
  { method: 'POST', path: '/sessions', scope, idsInResponse: id, whenAmbiguous: REFUSE },
  {
    method: 'DELETE',
    path: '/sessions',
    scope,
    id,
    whenAmbiguous: {
      strategy: 'split',
      member: 'session_ids',
      parallelFields: ['session_types'],
      lookupPath: '/sessions/:session_id',
    },
  },
  { method: 'GET', path: '/sessions/:session_id', scope, id, whenAmbiguous: FIRST },
  { method: 'PATCH', path: '/sessions/:session_id', scope, id, whenAmbiguous: HERE },
  { method: 'DELETE', path: '/sessions/:session_id', scope, id, whenAmbiguous: HERE },
  { method: 'POST', path: '/sessions/:session_id/rename', scope, id, whenAmbiguous: HERE },
  { method: 'GET', path: '/sessions/:session_id/runs', scope, id, whenAmbiguous: FIRST },
  { method: 'GET', path: '/sessions/:session_id/run-previews', scope, id, whenAmbiguous: FIRST },
  { method: 'GET', path: '/sessions/:session_id/runs/:run_id', scope, id, whenAmbiguous: FIRST },
  { method: 'GET', path: '/sessions/:session_id/media/*', scope, id, whenAmbiguous: HERE },
]
