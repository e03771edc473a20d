/** How many runs wait for a person: learned on the inbox page, counted by AgentOS between visits. */
import { signal } from '@preact/signals'
import { get } from '../api/http.ts'

export const waiting = signal(0)

const EVERY_MS = 30_000

async function look(): Promise<void> {
  if (document.hidden) return
  const { count } = await get<{ count: number }>('approvals/count').catch(() => ({ count: 0 }))
  waiting.value = Math.max(count, learned)
}

let learned = 0
/** @param count of runs that the inbox has found waiting */
export function noteWaiting(count: number): void {
  learned = count
  waiting.value = count
}

void look()
setInterval(() => void look(), EVERY_MS)
