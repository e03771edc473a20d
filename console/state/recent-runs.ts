/** The runs that were started from this browser lately, so that one can come back to them. Ids only, no contents. */
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

/** Of each session only the last run. */
export function noteRun(run: RecentRun): void {
  try {
    const others = recentRuns().filter(({ session }) => session !== run.session)
    localStorage.setItem(KEY, JSON.stringify([run, ...others].slice(0, MOST)))
  } catch {
    // Without storage, the address is what brings one back.
  }
}
