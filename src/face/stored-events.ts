/** Converts a stored run into its last events, for repeated requests. */
import type { ComponentKind } from '../../config/types.ts'
import { eventOf } from '../client/run-events.ts'
import type { FaceEvent } from './face-events.ts'
import { RunReader } from './run-reader.ts'
import { textOf } from './run-result.ts'
import type { StoredOutput } from './stored-runs.ts'

const ENDS: ReadonlyMap<string, string> = new Map([
  ['COMPLETED', 'Completed'],
  ['PAUSED', 'Paused'],
  ['CANCELLED', 'Cancelled'],
  ['ERROR', 'Error'],
])
const PREFIXES = { agents: 'Run', teams: 'TeamRun', workflows: 'Workflow' } as const

/** @returns no event for a run in progress */
export function storedEvents(
  kind: ComponentKind,
  run: StoredOutput,
  ids: { readonly runId: string; readonly sessionId: string },
): FaceEvent[] {
  const end = ENDS.get(textOf(run['status']).toUpperCase())
  if (end === undefined) return []
  const reader = new RunReader(kind)
  const { runId: run_id, sessionId: session_id } = ids
  const own = { run_id, session_id, parent_run_id: null, workflow_run_id: null }
  return ['Started', end].flatMap((name) => {
    const event = PREFIXES[kind] + name
    const members = { ...(name === end && run), ...own, event }
    return reader.read(eventOf(members, { event, data: '', id: '', retry: undefined }))
  })
}
