/** Remembers recently started runs in this browser, so that the user can return to them. Stores ids only, no contents. */
import type { Kind } from '../api/types.ts'
import { listIn, objectIn, textIn } from '../api/types.ts'

export interface RecentRun {
  readonly kind: Kind
  readonly id: string
  readonly session: string
  readonly run: string
}

const KEY = 'agentos-gateway.runs'
const MOST = 8

export function recentRuns(): RecentRun[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return listIn(kept).map((each) => {
      const { kind, id, session, run } = objectIn(each)
      return { kind: kind as Kind, id: textIn(id), session: textIn(session), run: textIn(run) }
    })
  } catch {
    return []
  }
}

/** Keeps only the last run of each session. */
export function noteRun(run: RecentRun): void {
  try {
    const others = recentRuns().filter(({ session }) => session !== run.session)
    localStorage.setItem(KEY, JSON.stringify([run, ...others].slice(0, MOST)))
  } catch {
    // Without storage, only the address leads back to a run.
  }
}
