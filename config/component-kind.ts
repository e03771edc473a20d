/** Names the three kinds of component that an AgentOS serves. */

/** Also the first segment of their routes. */
export type ComponentKind = 'agents' | 'teams' | 'workflows'

/** AgentOS's singular of a kind, for `executor_type` and the names of id members. */
export const SINGULAR = { agents: 'agent', teams: 'team', workflows: 'workflow' } as const
