/** `/memories` and what is said about them. @see AgentOS `agno/os/routers/memory` */
import type { Row } from './row.ts'
import { FIRST, findAt, findOrRefuse, REFUSE } from './row.ts'

const scope = 'memory'
const id = ['memory', 'memory_id'] as const
const HERE = findAt('/memories/:memory_id')

export const MEMORIES: readonly Row[] = [
  {
    method: 'GET',
    path: '/memories',
    scope,
    shows: id,
    ambiguous: { do: 'page', limit: 20, order: { by: ['updated_at'], isChosen: true } },
  },
  { method: 'POST', path: '/memories', scope, shows: id, ambiguous: REFUSE },
  {
    method: 'DELETE',
    path: '/memories',
    scope,
    id,
    ambiguous: { do: 'split', member: 'memory_ids', along: [], at: '/memories/:memory_id' },
  },
  { method: 'GET', path: '/memories/:memory_id', scope, id, ambiguous: FIRST },
  {
    method: 'PATCH',
    path: '/memories/:memory_id',
    scope,
    id,
    ambiguous: findOrRefuse('/memories/:memory_id'),
  },
  { method: 'DELETE', path: '/memories/:memory_id', scope, id, ambiguous: HERE },
  { method: 'GET', path: '/memory_topics', scope, ambiguous: { do: 'sum', how: 'union' } },
  {
    method: 'GET',
    path: '/user_memory_stats',
    scope,
    ambiguous: {
      do: 'page',
      limit: 20,
      order: { by: ['last_memory_updated_at'] },
      rows: { by: 'user_id', latest: ['last_memory_updated_at'] },
    },
  },
  { method: 'POST', path: '/optimize-memories', scope, ambiguous: REFUSE },
]
