/**
 * Joins the rows of all resources into the route table. `routes/README.md` shows it; a test compares both with AgentOS.
 */
import { APPROVALS } from './approvals.ts'
import { DATABASES } from './databases.ts'
import { EVALS } from './evals.ts'
import { KNOWLEDGE } from './knowledge.ts'
import { LEARNINGS } from './learnings.ts'
import { MEMORIES } from './memories.ts'
import { METRICS } from './metrics.ts'
import { OPERATIONS } from './operations.ts'
import type { Row } from './row.ts'
import { SCHEDULES } from './schedules.ts'
import { SESSIONS } from './sessions.ts'
import { STORED_COMPONENTS } from './stored-components.ts'
import { TRACES } from './traces.ts'

export const ROWS: readonly Row[] = [
  ...SESSIONS,
  ...MEMORIES,
  ...LEARNINGS,
  ...KNOWLEDGE,
  ...TRACES,
  ...EVALS,
  ...METRICS,
  ...DATABASES,
  ...APPROVALS,
  ...SCHEDULES,
  ...STORED_COMPONENTS,
  ...OPERATIONS,
]

const PATTERNS = ROWS.map(({ method, path }) => {
  const pattern = path.replace(/:\w+/g, '[^/]+').replace(/\*$/, '.+')
  return { method, pattern: new RegExp(`^${pattern}$`) }
})

/** Methods of a path in the table. */
export function methodsAt(path: string): string[] {
  return PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
}
