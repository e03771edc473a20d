/**
 * Route table rows of `/traces`.
 *
 * @see AgentOS `agno/os/routers/traces`
 */
import type { Row } from './row.ts'
import { FIRST } from './row.ts'

const scope = 'traces'
const id = ['trace', 'trace_id'] as const

export const TRACES: readonly Row[] = [
  {
    method: 'GET',
    path: '/traces',
    scope,
    idsInResponse: id,
    whenAmbiguous: { strategy: 'page', limit: 20, order: { by: ['start_time'] } },
  },
  { method: 'GET', path: '/traces/filter-schema', scope: 'upstreams', whenAmbiguous: FIRST },
  {
    method: 'POST',
    path: '/traces/search',
    scope,
    // Rows of traces have `start_time`, rows of sessions `last_trace_at`.
    whenAmbiguous: { strategy: 'page', limit: 20, order: { by: ['start_time', 'last_trace_at'] } },
  },
  { method: 'GET', path: '/traces/:trace_id', scope, id, whenAmbiguous: FIRST },
  {
    method: 'GET',
    path: '/trace_session_stats',
    scope,
    whenAmbiguous: { strategy: 'page', limit: 20, order: { by: ['last_trace_at'] } },
  },
]
