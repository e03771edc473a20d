/** Finds the component of a session, run or approval. */

interface Owned {
  agent_id?: string | null
  team_id?: string | null
  workflow_id?: string | null
}

export function ownerOf({ agent_id: agent, team_id: team, workflow_id: workflow }: Owned) {
  if (workflow) return { kind: 'workflows', type: 'workflow', id: workflow } as const
  if (team) return { kind: 'teams', type: 'team', id: team } as const
  return agent ? ({ kind: 'agents', type: 'agent', id: agent } as const) : undefined
}
