/**
 * Route table rows of `/learnings`.
 *
 * @see AgentOS `agno/os/routers/learnings`
 */
import type { Row } from './row.ts'
import { FIRST, findAt, REFUSE } from './row.ts'

const scope = 'learning'
const id = ['learning', 'learning_id'] as const
const HERE = findAt('/learnings/:learning_id')

export const LEARNINGS: readonly Row[] = [
  {
    method: 'GET',
    path: '/learnings',
    scope,
    idsInResponse: id,
    whenAmbiguous: {
      strategy: 'page',
      limit: 100,
      maxLimit: 1_000,
      order: { by: ['updated_at'], isSortable: true },
    },
  },
  { method: 'POST', path: '/learnings', scope, idsInResponse: id, whenAmbiguous: REFUSE },
  {
    method: 'GET',
    path: '/learnings/users',
    scope,
    whenAmbiguous: {
      strategy: 'page',
      limit: 20,
      maxLimit: 1_000,
      order: { by: ['last_learning_updated_at'], isSortable: true },
      rows: { by: 'user_id', latest: ['last_learning_updated_at'] },
    },
  },
  { method: 'DELETE', path: '/learnings/users/:user_id', scope, whenAmbiguous: REFUSE },
  { method: 'GET', path: '/learnings/:learning_id', scope, id, whenAmbiguous: FIRST },
  { method: 'PATCH', path: '/learnings/:learning_id', scope, id, whenAmbiguous: HERE },
  { method: 'DELETE', path: '/learnings/:learning_id', scope, id, whenAmbiguous: HERE },
]
