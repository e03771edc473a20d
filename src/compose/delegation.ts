/** Carries out one call of the leader: checks it, sends it to one or all members, and reports it in Agno's events. */
import { RunStopped } from './composed-run.ts'
import { nowSeconds } from './ids.ts'
import type { LeaderCall } from './leader.ts'
import type { ComposedEvent, MemberOutput } from './member.ts'
import { contentText } from './output.ts'
import type { TeamMember } from './roster.ts'
import { DELEGATE, DELEGATE_TO_ALL } from './roster.ts'
import type { TeamExecution } from './team-execution.ts'
import { toolExecution } from './tool-execution.ts'
import { wordsOf } from './words.ts'

/** Result of a delegation. */
export interface Delegated {
  /** Text for the leader. */
  readonly result: string
  readonly hasFailed: boolean
  /** The call in the form of the output's `tools`. */
  readonly tool: Record<string, unknown>
  /** What the event of its end says. */
  readonly content: string
  readonly outputs: readonly MemberOutput[]
}

/** Answer of one member to a delegation. */
interface Answer {
  readonly text: string
  readonly hasFailed: boolean
  readonly output?: MemberOutput
}

/** Longest answer of a member that the leader reads, in characters. */
const MAX_ANSWER_LENGTH = 50_000
const CONTENT = new Set(['RunContent', 'TeamRunContent'])

/**
 * Carries out the delegation. Sends `TeamToolCallStarted`, the members' events, and `TeamToolCallCompleted` or
 * `TeamToolCallError`.
 */
export async function delegate(
  team: TeamExecution,
  call: LeaderCall,
  key: string,
): Promise<Delegated> {
  const { journal } = team.run
  const before = journal.get(`block:${key}`) as unknown as Delegated | undefined
  if (before) {
    for (const output of before.outputs) team.memberEnded(nameOf(output), taskIn(call), output)
    // The process may have ended between the entry and the events.
    await tellEnd(team, before, key)
    return before
  }
  const given = { id: call.id, name: call.name, args: call.args, createdAt: nowSeconds() }
  await team.tell('TeamToolCallStarted', { tool: toolExecution(given) }, `start:${key}`)
  const startMs = Date.now()
  const answers = await answersTo(team, call, key)
  const endMs = Date.now()
  const hasFailed = answers.every((answer) => answer.hasFailed)
  const result = answers.map(({ text }) => text).join('')
  const outputs = answers.flatMap(({ output }) => (output ? [output] : []))
  const [only] = outputs
  const tool = toolExecution(given, {
    hasFailed,
    result,
    startMs,
    endMs,
    childRunId: call.name === DELEGATE ? (only?.run_id ?? undefined) : undefined,
    stopsTeam: team.mode === 'route' && !hasFailed,
  })
  const content = `${call.name}(${argumentText(call.args)}) completed in ${((endMs - startMs) / 1000).toFixed(4)}s. `
  const delegated = { result, hasFailed, tool, content, outputs }
  await journal.put(`block:${key}`, delegated)
  await tellEnd(team, delegated, key)
  return delegated
}

async function tellEnd(
  team: TeamExecution,
  { content, tool, result, hasFailed }: Delegated,
  key: string,
): Promise<void> {
  await team.tell('TeamToolCallCompleted', { content, tool }, `end:${key}`)
  if (hasFailed) await team.tell('TeamToolCallError', { tool, error: result }, `error:${key}`)
}

/** The arguments come from a model, so every one is validated. */
async function answersTo(team: TeamExecution, call: LeaderCall, key: string): Promise<Answer[]> {
  const { member_id, task } = Object(call.args) as { member_id?: unknown; task?: unknown }
  if (typeof task !== 'string' || task === '') return [refused('task has to be a text')]
  if (call.name === DELEGATE_TO_ALL && team.mode === 'broadcast') {
    const all = team.members.map((member, i) => ask(team, member, task, `${key}/${i}`))
    return await Promise.all(all)
  }
  if (call.name !== DELEGATE) return [refused(`there is no tool ${call.name}`)]
  const member = team.members.find((one) => one.member.id === member_id)
  if (member === undefined) {
    const ids = team.members.map((one) => one.member.id).join(', ')
    return [refused(`there is no member ${JSON.stringify(member_id)}; the members are ${ids}`)]
  }
  return [await ask(team, member, task, key)]
}

function taskIn({ args }: LeaderCall): string {
  return String(Object(args)['task'])
}

/** As its output says it. */
function nameOf({ agent_name, team_name, workflow_name }: MemberOutput): string {
  return String(agent_name ?? team_name ?? workflow_name)
}

function refused(text: string): Answer {
  return { text: `Error: ${text}`, hasFailed: true }
}

/** Runs a member. A failure becomes an answer that the leader reads. */
async function ask(
  team: TeamExecution,
  { member, timeoutMs = 0, session, input }: TeamMember,
  task: string,
  key: string,
): Promise<Answer> {
  const { run } = team
  const named = await run.nameMember(key, member)
  try {
    const output = await team.slots.run(async () => {
      const ended = await run.runMember({
        member,
        input: input === 'message' ? run.input : team.withInteractions(task),
        named,
        sessionId: run.memberSession(member, session),
        sessionState: Object.keys(team.state).length > 0 ? team.state : undefined,
        timeoutMs,
        signal: run.signal,
        onEvent: (event, position) => run.emit(eventInTeam(team, event, named.runId), position),
      })
      // Called before the next member starts, because that member may receive this answer.
      team.memberEnded(member.name, task, ended)
      return ended
    })
    const text = cut(contentText(output.content))
    const hasFailed = output.status !== 'COMPLETED'
    return { text: hasFailed ? failureText(member.name, output, text) : text, hasFailed, output }
  } catch (error) {
    if (run.signal.aborted || error instanceof RunStopped) throw error
    return refused(`${member.name} failed: ${wordsOf(error)}`)
  }
}

function failureText(name: string, { status }: MemberOutput, text: string): string {
  if (status === 'PAUSED') return `Error: ${name} waits for a person, and cannot be continued`
  return `Error: ${name} failed: ${text}`
}

function cut(text: string): string {
  if (text.length <= MAX_ANSWER_LENGTH) return text
  return `${text.slice(0, MAX_ANSWER_LENGTH)}\n[cut: ${text.length - MAX_ANSWER_LENGTH} more characters]`
}

/** Sets the team's run as parent of a member's event. In mode `route` the content becomes the team's own. */
function eventInTeam(team: TeamExecution, event: ComposedEvent, runId: string): ComposedEvent {
  if (team.mode === 'route' && CONTENT.has(event.event) && event['run_id'] === runId) {
    return team.contentEvent(contentText(event['content']))
  }
  const sent: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(event)) {
    if (key === 'event_index') continue
    sent[key] = key === 'session_id' ? team.run.sessionId : value
    if (key === 'run_id' && event['parent_run_id'] === undefined) {
      sent['parent_run_id'] = team.run.runId
    }
  }
  return sent as unknown as ComposedEvent
}

function argumentText(args: unknown): string {
  return Object.entries(Object(args))
    .map(([key, value]) => `${key}=${contentText(value)}`)
    .join(', ')
}
