/** `/learnings`. @see AgentOS `agno/os/routers/learnings` */
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
    shows: id,
    ambiguous: {
      do: 'page',
      limit: 100,
      most: 1_000,
      order: { by: ['updated_at'], isChosen: true },
    },
  },
  { method: 'POST', path: '/learnings', scope, shows: id, ambiguous: REFUSE },
  {
    method: 'GET',
    path: '/learnings/users',
    scope,
    ambiguous: {
      do: 'page',
      limit: 20,
      most: 1_000,
      order: { by: ['last_learning_updated_at'], isChosen: true },
      rows: { by: 'user_id', latest: ['last_learning_updated_at'] },
    },
  },
  { method: 'DELETE', path: '/learnings/users/:user_id', scope, ambiguous: REFUSE },
  { method: 'GET', path: '/learnings/:learning_id', scope, id, ambiguous: FIRST },
  { method: 'PATCH', path: '/learnings/:learning_id', scope, id, ambiguous: HERE },
  { method: 'DELETE', path: '/learnings/:learning_id', scope, id, ambiguous: HERE },
]
