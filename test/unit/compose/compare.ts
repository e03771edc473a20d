/** Brings two streams of one composition into one order, without what Agno does by chance. */
import type { Dict, Event } from './recordings.ts'

/** Agno interleaves parallel branches at random, so only the order inside each branch is compared. */
export function byBranch(events: readonly Event[]): Event[] {
  const branch = (event: Event) =>
    Array.isArray(event['step_index']) ? Number(event['step_index'].at(-1)) : undefined
  const sorted: Event[] = []
  let block: Event[] = []
  for (const event of [...events, undefined]) {
    if (event && branch(event) !== undefined) block.push(event)
    else {
      sorted.push(...block.sort((a, b) => Number(branch(a)) - Number(branch(b))))
      block = []
      if (event) sorted.push(event)
    }
  }
  return sorted
}

/** Removes the id of a parallel block's output, which is different in each run of Agno. */
export function withoutContainerIds(events: readonly Dict[]): unknown {
  return JSON.parse(
    JSON.stringify(events, (_key, value) =>
      value?.step_type === 'Parallel' ? { ...value, step_id: undefined } : value,
    ),
  )
}

/** Members that run at once interleave by chance: each run's own order is compared, then the team's. */
export function byRun(events: readonly Event[]): Event[] {
  const outer = events[0]?.['run_id']
  const inner = events.filter((event) => event['run_id'] !== outer)
  const ids = [
    ...new Set(inner.map((event) => String(event['agent_id'] ?? event['team_id']))),
  ].sort()
  const ofMember = (id: string) => inner.filter((e) => (e['agent_id'] ?? e['team_id']) === id)
  // Delegations of one turn end in the order of their members.
  const callId = ({ tool }: Event) => String((tool as Dict | undefined)?.['tool_call_id'])
  const byCall = (a: Event, b: Event) => {
    const areBoth = [a, b].every(({ event }) => event === 'TeamToolCallCompleted')
    return areBoth ? callId(a).localeCompare(callId(b)) : 0
  }
  const ofTeam = events.filter((event) => event['run_id'] === outer).sort(byCall)
  return [...ofTeam, ...ids.flatMap(ofMember)]
}
