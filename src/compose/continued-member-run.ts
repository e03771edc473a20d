/** Continues a paused member. After a crash of this process, finds out first how far the member's run has come. */
import { setTimeout } from 'node:timers/promises'
import { dictsIn } from './answers.ts'
import type { NamedRun } from './composed-run.ts'
import { MemberInterrupted } from './kept-member-run.ts'
import type { MemberOutput } from './member.ts'
import type { MemberCall } from './member-run.ts'
import { runMember } from './member-run.ts'

/** A member's run that is continued. */
export interface ContinuedCall extends MemberCall {
  readonly named: NamedRun
  readonly sessionId: string
}

/** How long a run is asked for that its AgentOS says is in progress. */
const PATIENCE_MS = 30_000
const PAUSE_MS = 250

/**
 * Continues the run to its end, or to its next pause.
 *
 * @throws the member's own errors, and {@link MemberInterrupted}
 */
export async function runContinued(call: ContinuedCall): Promise<MemberOutput> {
  if (!call.named.wasSent) return await runMember(call)
  const { member, options, sessionId, paused } = call
  const { authToken, headers, signal } = options
  const began = performance.now()
  while (performance.now() - began < PATIENCE_MS) {
    const asked = { authToken, headers, signal, sessionId }
    const stored = await member.getRun(call.named.runId, asked)
    // The answers have not arrived: the run waits for them as before.
    if (stored.status === 'PAUSED' && isSame(stored, paused?.output)) return await runMember(call)
    if (stored.status !== 'RUNNING' && stored.status !== 'PENDING') return stored
    await setTimeout(PAUSE_MS, undefined, { signal })
  }
  throw new MemberInterrupted(`${member.name} was interrupted while it went on`)
}

function isSame(stored: MemberOutput, before: MemberOutput | undefined): boolean {
  return idsOf(stored) === idsOf(before ?? {})
}

function idsOf(output: MemberOutput): string {
  const steps = dictsIn(output['step_requirements'])
  const inner = steps.flatMap((step) => dictsIn(step['executor_requirements']))
  const all = [...dictsIn(output['requirements']), ...inner]
  return JSON.stringify(all.length > 0 ? all.map(({ id }) => id) : steps.map((s) => s['step_id']))
}
