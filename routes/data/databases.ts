/**
 * Route table rows of migrations.
 *
 * @see AgentOS `agno/os/routers/database.py`
 */
import type { Row } from './row.ts'
import { REFUSE } from './row.ts'

const scope = 'session'

export const DATABASES: readonly Row[] = [
  { method: 'POST', path: '/databases/all/migrate', scope, whenAmbiguous: { strategy: 'each' } },
  { method: 'POST', path: '/databases/:db_id/migrate', scope, whenAmbiguous: REFUSE },
]
