/** Runs a member at one position of a composed run, or continues it there once its questions are answered. */
import { withAnswers } from './answers.ts'
import type { ComposedRun, MemberTask } from './composed-run.ts'
import type { MemberOutput } from './member.ts'
import type { PausedMember } from './pause.ts'
import { openRequirements, pauseOf, refusals, undecidableError } from './pause.ts'

/** One member at one position. */
export interface MemberCallAt extends Omit<MemberTask, 'named' | 'paused'> {
  /** Position in the composed run. */
  readonly path: string
  /** Called before the events of a continued member. */
  readonly onContinue?: (paused: PausedMember) => Promise<void>
}

/** How a member ended. */
export interface MemberResult {
  readonly output: MemberOutput
  /** Id of the run, as it was sent. */
  readonly runId: string
  /** Set while the member waits for answers. */
  readonly paused?: PausedMember | undefined
  /** Sentence for a leader about the calls that the caller has rejected. Default: empty. */
  readonly refusals: string
}

/**
 * Runs the member, or continues it.
 *
 * @throws as {@link ComposedRun.runMember}
 */
export async function callMember(run: ComposedRun, call: MemberCallAt): Promise<MemberResult> {
  const { path, onContinue, ...task } = call
  const before = run.journal.get(`paused:${path}`) as unknown as PausedMember | undefined
  if (task.signal.aborted) await cancelSent(run, call)
  task.signal.throwIfAborted()
  if (before === undefined) {
    const named = await run.nameMember(path, call.member)
    const output = await run.runMember({ ...task, named })
    return await settled(run, call, { output, runId: named.runId, refusals: '' }, 1)
  }
  const { answers } = run
  const paused = { ...before, requirements: withAnswers(before.requirements, answers) }
  if (answers.length > 0) await run.journal.put(`paused:${path}`, { ...paused })
  const { runId, output, round } = paused
  if (openRequirements(paused).length > 0) return { output, runId, paused, refusals: '' }
  await onContinue?.(paused)
  const sent = `continued:${path}~${round}`
  const wasSent = run.journal.get(sent) !== undefined
  if (!wasSent) await run.journal.put(sent, {})
  const named = { path, runId, wasSent }
  const ended = await run.runMember({ ...task, named, paused })
  return await settled(run, call, { output: ended, runId, refusals: refusals(paused) }, round + 1)
}

/** Cancels a member that an earlier part of the run has sent, and that has not ended since. */
async function cancelSent(run: ComposedRun, call: MemberCallAt): Promise<void> {
  const { member, sessionId, path } = call
  const { runId } = run.journal.get(`paused:${path}`) ?? run.journal.get(`member:${path}`) ?? {}
  if (runId === undefined) return
  const { headers } = run.options
  await member.cancelRun(String(runId), { authToken: run.authToken, headers, sessionId })
}

async function settled(
  run: ComposedRun,
  { member, path }: MemberCallAt,
  result: MemberResult,
  round: number,
): Promise<MemberResult> {
  if (result.output.status !== 'PAUSED') return result
  const content = undecidableError(result.output)
  if (content !== undefined) {
    return { ...result, output: { ...result.output, status: 'ERROR', content } }
  }
  const paused = pauseOf(member, result.output, result.runId, round)
  await run.journal.put(`paused:${path}`, { ...paused })
  return { ...result, paused }
}
