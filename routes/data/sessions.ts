/** `/sessions`. @see AgentOS `agno/os/routers/session`, `agno/os/routers/media` */
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
    shows: id,
    ambiguous: { do: 'page', limit: 20, order: { by: ['created_at'], isChosen: true } },
  },
  { method: 'POST', path: '/sessions', scope, shows: id, ambiguous: REFUSE },
  {
    method: 'DELETE',
    path: '/sessions',
    scope,
    id,
    ambiguous: {
      do: 'split',
      member: 'session_ids',
      along: ['session_types'],
      at: '/sessions/:session_id',
    },
  },
  { method: 'GET', path: '/sessions/:session_id', scope, id, ambiguous: FIRST },
  { method: 'PATCH', path: '/sessions/:session_id', scope, id, ambiguous: HERE },
  { method: 'DELETE', path: '/sessions/:session_id', scope, id, ambiguous: HERE },
  { method: 'POST', path: '/sessions/:session_id/rename', scope, id, ambiguous: HERE },
  { method: 'GET', path: '/sessions/:session_id/runs', scope, id, ambiguous: FIRST },
  { method: 'GET', path: '/sessions/:session_id/run-previews', scope, id, ambiguous: FIRST },
  { method: 'GET', path: '/sessions/:session_id/runs/:run_id', scope, id, ambiguous: FIRST },
  { method: 'GET', path: '/sessions/:session_id/media/*', scope, id, ambiguous: HERE },
]
