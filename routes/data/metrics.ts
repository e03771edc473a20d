/** AgentOS's usage figures. @see AgentOS `agno/os/routers/metrics` */
import type { Row } from './row.ts'
import { REFUSE } from './row.ts'

const scope = 'metrics'

export const METRICS: readonly Row[] = [
  { method: 'GET', path: '/metrics', scope, ambiguous: { do: 'sum', how: 'metrics' } },
  { method: 'POST', path: '/metrics/refresh', scope, ambiguous: REFUSE },
  { method: 'GET', path: '/metrics/refresh/status', scope, ambiguous: REFUSE },
]
