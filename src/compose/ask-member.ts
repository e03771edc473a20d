/** Gives one task of the leader to one member, and turns its output, pause or failure into an answer. */
import { RunStopped } from './composed-run.ts'
import { errorText } from './error-text.ts'
import type { ComposedEvent, MemberOutput } from './member.ts'
import { callMember } from './member-call.ts'
import type { EventPosition } from './named-run.ts'
import { contentText } from './output.ts'
import type { TeamExecution } from './team-execution.ts'
import type { Answer, TeamMember } from './team-member.ts'

/** Longest answer of a member that the leader reads, in characters. */
const MAX_ANSWER_LENGTH = 50_000
const CONTENT = new Set(['RunContent', 'TeamRunContent'])

/** An answer that no member has given. */
export function refused(text: string): Answer {
  return { text: `Error: ${text}`, hasFailed: true }
}

/**
 * Runs the member. Its failure becomes an answer that the leader reads.
 *
 * @param isOneOfMany the call asks several members, so each answer has its own journal entry
 * @throws the reason why the run was stopped
 */
export async function askMember(
  team: TeamExecution,
  { member, timeoutMs = 0, session, input }: TeamMember,
  task: string,
  path: string,
  isOneOfMany = false,
): Promise<Answer> {
  const { run } = team
  const kept = isOneOfMany && run.journal.get(`answer:${path}`)
  if (kept) return team.take(kept as unknown as Answer)
  const about = { path, memberId: member.id, memberName: member.name, task }
  if (team.isRejected(member.id, task)) {
    return refused(`the user has rejected what ${member.name} wants to do for this task`)
  }
  const call = () => ({
    path,
    member,
    input: input === 'message' ? run.input : team.withInteractions(task),
    sessionId: run.memberSession(member, session),
    sessionState: Object.keys(team.state).length > 0 ? team.state : undefined,
    timeoutMs,
    signal: run.signal,
    onEvent: (event: ComposedEvent, position?: EventPosition) =>
      team.emitMemberEvent(eventInTeam(team, event), position),
  })
  try {
    return await team.slots.run(async () => {
      const { output, paused, refusals } = await callMember(run, call())
      const wasContinued = !paused && run.journal.get(`paused:${path}`) !== undefined
      const given = { ...about, ...answerOf(member.name, output, refusals), output, paused }
      const answer = { ...given, wasContinued, isRejected: refusals !== '' }
      if (paused) return answer
      if (isOneOfMany) await run.journal.put(`answer:${path}`, answer)
      // Taken before the next member starts, because that member may read this answer.
      return team.take(answer)
    })
  } catch (error) {
    if (run.signal.aborted || error instanceof RunStopped) throw error
    return { ...about, ...refused(`${member.name} failed: ${errorText(error)}`) }
  }
}

function answerOf(name: string, output: MemberOutput, refusals: string) {
  const text = cut(contentText(output.content))
  if (output.status === 'PAUSED') {
    return { text: `Member '${name}' requires human input before continuing.`, hasFailed: false }
  }
  if (output.status !== 'COMPLETED') {
    return { text: `Error: ${name} failed: ${text}`, hasFailed: true }
  }
  const answer = refusals === '' ? text : `${text}\n${refusals}. Do not delegate it again.`
  return { text: answer, hasFailed: false }
}

function cut(text: string): string {
  if (text.length <= MAX_ANSWER_LENGTH) return text
  return `${text.slice(0, MAX_ANSWER_LENGTH)}\n[cut: ${text.length - MAX_ANSWER_LENGTH} more characters]`
}

/** Sets the team's run as parent of a member's event. In mode `route` the content becomes the team's own. */
function eventInTeam(team: TeamExecution, event: ComposedEvent): ComposedEvent {
  const isOwn = event['parent_run_id'] === undefined
  if (team.mode === 'route' && isOwn && CONTENT.has(event.event)) {
    return team.contentEvent(contentText(event['content']))
  }
  const sent: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(event)) {
    if (key === 'event_index') continue
    sent[key] = key === 'session_id' ? team.run.sessionId : value
    if (key === 'run_id' && isOwn) sent['parent_run_id'] = team.run.runId
  }
  return sent as unknown as ComposedEvent
}
