/**
 * Route table rows of `/components`: agents, teams and workflows stored in a database.
 *
 * @see AgentOS `agno/os/routers/components`
 */
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
    idsInResponse: id,
    whenAmbiguous: { strategy: 'page', limit: 20, maxLimit: 100, order: { by: ['created_at'] } },
  },
  { method: 'POST', path: '/components', scope, idsInResponse: id, whenAmbiguous: REFUSE },
  // Only an AgentOS with the feature switched off answers this path.
  { method: 'PUT', path: '/components', scope, whenAmbiguous: REFUSE },
  { method: 'PATCH', path: '/components', scope, whenAmbiguous: REFUSE },
  { method: 'DELETE', path: '/components', scope, whenAmbiguous: REFUSE },
  { method: 'GET', path: ONE, scope, id, whenAmbiguous: FIRST },
  { method: 'PATCH', path: ONE, scope, id, whenAmbiguous: HERE },
  { method: 'DELETE', path: ONE, scope, id, whenAmbiguous: HERE },
  { method: 'GET', path: `${ONE}/*`, scope, id, whenAmbiguous: FIRST },
  { method: 'POST', path: `${ONE}/*`, scope, id, whenAmbiguous: HERE },
  { method: 'PATCH', path: `${ONE}/*`, scope, id, whenAmbiguous: HERE },
  { method: 'DELETE', path: `${ONE}/*`, scope, id, whenAmbiguous: HERE },
]
