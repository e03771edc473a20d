/**
 * Route table rows of AgentOS's usage figures.
 *
 * @see AgentOS `agno/os/routers/metrics`
 */
import type { Row } from './row.ts'
import { REFUSE } from './row.ts'

const scope = 'metrics'

export const METRICS: readonly Row[] = [
  {
    method: 'GET',
    path: '/metrics',
    scope,
    whenAmbiguous: { strategy: 'sum', operation: 'metrics' },
  },
  { method: 'POST', path: '/metrics/refresh', scope, whenAmbiguous: REFUSE },
  { method: 'GET', path: '/metrics/refresh/status', scope, whenAmbiguous: REFUSE },
]
