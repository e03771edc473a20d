/** Counts runs that wait for a person: found by the page Inbox, and counted by AgentOS between visits. */
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
/** @param count number of waiting runs that the page Inbox has found */
export function noteWaiting(count: number): void {
  learned = count
  waiting.value = count
}

void look()
setInterval(() => void look(), EVERY_MS)
