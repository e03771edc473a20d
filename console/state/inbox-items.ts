/** Keeps the order of the inbox while its contents change, so that no button moves under the pointer. */
import type { Approval, Kind } from '../api/types.ts'
import { itemsIn } from './pause.ts'
import type { Pause } from './run-model.ts'

/** A paused run with its open questions. */
export interface PausedRun {
  readonly kind: Kind
  /** Id of the component. */
  readonly id: string
  readonly runId: string
  readonly sessionId: string
  readonly pause: Pause
  readonly user: string
  readonly createdAt: unknown
  readonly input: string
}

/** An approval or a paused run. */
export interface InboxItem {
  /** Equal for equal questions: a run that pauses again is another item. */
  readonly key: string
  readonly of: { readonly approval: Approval } | { readonly run: PausedRun }
  /** It was decided elsewhere, or its run is over. */
  readonly isOver: boolean
}

export function itemsOf(
  approvals: readonly Approval[],
  runs: readonly PausedRun[],
): readonly InboxItem[] {
  const withApproval = new Set(approvals.map(({ run_id: runId }) => runId))
  return [
    ...approvals.map((approval) => {
      return { key: `approval ${approval.id}`, of: { approval }, isOver: false }
    }),
    ...runs
      .filter(({ runId }) => !withApproval.has(runId))
      .map((run) => ({ key: runKey(run), of: { run }, isOver: false })),
  ]
}

function runKey({ runId, pause }: PausedRun): string {
  return JSON.stringify([runId, ...itemsIn(pause).map(({ key }) => key)])
}

/** Known items stay as they are, marked when they are not found any more. New items come last. */
export function merged(
  known: readonly InboxItem[],
  found: readonly InboxItem[],
): readonly InboxItem[] {
  const open = new Set(found.map(({ key }) => key))
  const shown = new Set(known.map(({ key }) => key))
  const kept = known.map((item) => {
    const isOver = !open.has(item.key)
    return isOver === item.isOver ? item : { ...item, isOver }
  })
  return [...kept, ...found.filter(({ key }) => !shown.has(key))]
}
