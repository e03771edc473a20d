/** Names the three kinds of component that an AgentOS serves. */

/** Also the first segment of their routes. */
export type ComponentKind = 'agents' | 'teams' | 'workflows'
