/** Merges session state from members key by key; the last value wins. */

type State = Record<string, unknown>

/** Keys that AgentOS adds to a run's session state. They describe the member's run and are dropped. */
const OF_THE_MEMBER = new Set(['current_session_id', 'current_run_id', 'current_user_id'])

/** Merges the state that a member returns. Ignores any value but an object. */
export function mergeState(state: State, given: unknown): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return
  for (const [key, value] of Object.entries(given)) {
    if (!OF_THE_MEMBER.has(key)) state[key] = value
  }
}

/**
 * Merges the copies of parallel branches in the order of the branches.
 *
 * @returns keys that several branches set to different values; the value of the last branch is kept
 */
export function mergeBranches(state: State, before: State, branches: readonly State[]): string[] {
  const changedBy = new Map<string, string>()
  const conflicts = new Set<string>()
  for (const branch of branches) {
    for (const [key, value] of Object.entries(branch)) {
      const text = JSON.stringify(value)
      if (text === JSON.stringify(before[key])) continue
      const other = changedBy.get(key)
      if (other !== undefined && other !== text) conflicts.add(key)
      changedBy.set(key, text)
      state[key] = value
    }
  }
  return [...conflicts]
}
