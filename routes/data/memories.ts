/**
 * Route table rows of `/memories` and their statistics.
 *
 * @see AgentOS `agno/os/routers/memory`
 */
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
    idsInResponse: id,
    whenAmbiguous: { strategy: 'page', limit: 20, order: { by: ['updated_at'], isSortable: true } },
  },
  { method: 'POST', path: '/memories', scope, idsInResponse: id, whenAmbiguous: REFUSE },
  {
    method: 'DELETE',
    path: '/memories',
    scope,
    id,
    whenAmbiguous: {
      strategy: 'split',
      member: 'memory_ids',
      parallelFields: [],
      lookupPath: '/memories/:memory_id',
    },
  },
  { method: 'GET', path: '/memories/:memory_id', scope, id, whenAmbiguous: FIRST },
  {
    method: 'PATCH',
    path: '/memories/:memory_id',
    scope,
    id,
    whenAmbiguous: findOrRefuse('/memories/:memory_id'),
  },
  { method: 'DELETE', path: '/memories/:memory_id', scope, id, whenAmbiguous: HERE },
  {
    method: 'GET',
    path: '/memory_topics',
    scope,
    whenAmbiguous: { strategy: 'sum', operation: 'union' },
  },
  {
    method: 'GET',
    path: '/user_memory_stats',
    scope,
    whenAmbiguous: {
      strategy: 'page',
      limit: 20,
      order: { by: ['last_memory_updated_at'] },
      rows: { by: 'user_id', latest: ['last_memory_updated_at'] },
    },
  },
  { method: 'POST', path: '/optimize-memories', scope, whenAmbiguous: REFUSE },
]
