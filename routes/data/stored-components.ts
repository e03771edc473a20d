/** `/components`: agents, teams and workflows that live in a database. @see AgentOS `agno/os/routers/components` */
import type { Row } from './row.ts'
import { FIRST, findAt, REFUSE } from './row.ts'

const scope = 'systems'
const id = ['component', 'component_id'] as const
const HERE = findAt('/components/:component_id')
const ONE = '/components/:component_id'

export const STORED_COMPONENTS: readonly Row[] = [
  {
    method: 'GET',
    path: '/components',
    scope,
    shows: id,
    ambiguous: { do: 'page', limit: 20, most: 100, order: { by: ['created_at'] } },
  },
  { method: 'POST', path: '/components', scope, shows: id, ambiguous: REFUSE },
  // Only ever answered by an AgentOS that has the feature off.
  { method: 'PUT', path: '/components', scope, ambiguous: REFUSE },
  { method: 'PATCH', path: '/components', scope, ambiguous: REFUSE },
  { method: 'DELETE', path: '/components', scope, ambiguous: REFUSE },
  { method: 'GET', path: ONE, scope, id, ambiguous: FIRST },
  { method: 'PATCH', path: ONE, scope, id, ambiguous: HERE },
  { method: 'DELETE', path: ONE, scope, id, ambiguous: HERE },
  { method: 'GET', path: `${ONE}/*`, scope, id, ambiguous: FIRST },
  { method: 'POST', path: `${ONE}/*`, scope, id, ambiguous: HERE },
  { method: 'PATCH', path: `${ONE}/*`, scope, id, ambiguous: HERE },
  { method: 'DELETE', path: `${ONE}/*`, scope, id, ambiguous: HERE },
]
