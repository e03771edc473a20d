/** Carries out one call of the leader, and reports it in Agno's events. */
import { askMember, refused } from './ask-member.ts'
import { nowSeconds } from './ids.ts'
import type { LeaderCall } from './leader.ts'
import { mediaOf, presentMedia } from './media.ts'
import { contentText } from './output.ts'
import { DELEGATE, DELEGATE_TO_ALL } from './roster.ts'
import type { TaskChange } from './task-list.ts'
import { isTaskTool, useTaskTool } from './task-tools.ts'
import type { TeamExecution } from './team-execution.ts'
import type { Answer, CallResult } from './team-member.ts'
import { toolExecution } from './tool-execution.ts'

/** Result of a call. Survives JSON. */
export interface Delegated {
  /** Text for the leader. */
  readonly result: string
  readonly hasFailed: boolean
  /** The call in the form of the output's `tools`. */
  readonly tool: Record<string, unknown>
  /** Content of its last event. */
  readonly content: string
  readonly answers: readonly Answer[]
  /** Changes of the task list. */
  readonly changes: readonly TaskChange[]
}

/** Most calls of one turn that are carried out. */
const MAX_CALLS = 20
const CONTINUED = 'Member results after human-in-the-loop resolution:'

/** Whether a member of the call waits for answers of the caller. */
export function isPaused({ answers }: Delegated): boolean {
  return answers.some(({ paused }) => paused !== undefined)
}

/**
 * Carries out the call. Sends `TeamToolCallStarted`, the members' events, and `TeamToolCallCompleted`, with
 * `TeamToolCallError` when it failed.
 *
 * @param index position of the call in its turn
 */
export async function delegate(
  team: TeamExecution,
  call: LeaderCall,
  key: string,
  index: number,
): Promise<Delegated> {
  const { journal } = team.run
  const before = journal.get(`block:${key}`) as unknown as Delegated | undefined
  if (before) {
    for (const answer of before.answers) team.take(answer)
    for (const change of before.changes) team.tasks.apply(change)
    // The process may have ended between the entry and the events.
    await emitEnd(team, before, key)
    return before
  }
  const given = await emitStart(team, call, key)
  const startMs = Date.now()
  const {
    answers,
    text,
    changes = [],
  } = index < MAX_CALLS ? await resultOf(team, call, key) : one(refused('too many calls at once'))
  const endMs = Date.now()
  const hasFailed = answers.length > 0 && answers.every((answer) => answer.hasFailed)
  const result = text ?? textOf(answers)
  const [only] = answers
  const tool = toolExecution(given, {
    hasFailed,
    result,
    startMs,
    endMs,
    childRunId: call.name === DELEGATE ? (only?.output?.run_id ?? undefined) : undefined,
    stopsTeam: team.mode === 'route' && !hasFailed,
  })
  const content = `${call.name}(${argumentText(call.args)}) completed in ${((endMs - startMs) / 1000).toFixed(4)}s. `
  const delegated = { result, hasFailed, tool, content, answers, changes }
  if (!isPaused(delegated)) await journal.put(`block:${key}`, delegated)
  await emitEnd(team, delegated, key)
  return delegated
}

/** Sends `TeamToolCallStarted`, once for the call. */
export async function emitStart(team: TeamExecution, { id, name, args }: LeaderCall, key: string) {
  const given = { id, name, args, createdAt: nowSeconds() }
  await team.emitEvent('TeamToolCallStarted', { tool: toolExecution(given) }, `start:${key}`)
  return given
}

async function emitEnd(
  team: TeamExecution,
  { answers, content, tool, result, hasFailed }: Delegated,
  key: string,
): Promise<void> {
  const media = presentMedia(mediaOf(answers.map(({ output }) => output ?? {})))
  await team.emitEvent('TeamToolCallCompleted', { content, tool, ...media }, `end:${key}`)
  if (hasFailed) await team.emitEvent('TeamToolCallError', { tool, error: result }, `error:${key}`)
}

/** The arguments come from a model, so every one is validated. */
async function resultOf(team: TeamExecution, call: LeaderCall, key: string): Promise<CallResult> {
  if (call.isUnreadable) return one(refused('the arguments are no JSON object'))
  if (team.mode === 'tasks' && isTaskTool(call.name)) return await useTaskTool(team, call, key)
  const { member_id, task } = Object(call.args) as { member_id?: unknown; task?: unknown }
  const isToAll = call.name === DELEGATE_TO_ALL && team.mode === 'broadcast'
  if (!isToAll && (call.name !== DELEGATE || team.mode === 'tasks')) {
    return one(refused(`there is no tool ${call.name}`))
  }
  if (typeof task !== 'string' || task === '') return one(refused('task must be a text'))
  if (isToAll) {
    const asked = team.members.map((member, i) =>
      askMember(team, member, task, `${key}/${i}`, true),
    )
    return { answers: await Promise.all(asked) }
  }
  const member = team.member(member_id)
  if (member === undefined) return one(refused(team.unknownMember(member_id)))
  return one(await askMember(team, member, task, key))
}

function one(answer: Answer): CallResult {
  return { answers: [answer] }
}

/** Answers after a pause name their member, as in Agno. */
function textOf(answers: readonly Answer[]): string {
  if (!answers.some(({ wasContinued }) => wasContinued)) {
    return answers.map(({ text }) => text).join('')
  }
  const lines = answers.map(({ memberName, text }) => `[${memberName}]: ${text}`)
  return [CONTINUED, ...lines].join('\n')
}

function argumentText(args: unknown): string {
  return Object.entries(Object(args))
    .map(([key, value]) => `${key}=${contentText(value)}`)
    .join(', ')
}
