/** Shows times, relative or absolute, with the exact time on hover. */
import { signal } from '@preact/signals'
import { clock, momentOf, seconds } from '../state/format.ts'
import { strings } from '../strings.ts'

/** Milliseconds since 1970, in steps of one second. */
export const now = signal(Date.now())
setInterval(() => {
  if (!document.hidden) now.value = Date.now()
}, 1_000)

/** `3 min ago`. @param at seconds or milliseconds since 1970, or ISO 8601 */
export function Ago({ at }: { readonly at: unknown }) {
  const date = momentOf(at)
  if (date === undefined) return <span class="dim">–</span>
  const age = Math.max(0, (now.value - date.getTime()) / 1000)
  return (
    <time dateTime={date.toISOString()} title={exact(date)}>
      {age < 1 ? strings.justNow : strings.ago(seconds(Math.floor(age)))}
    </time>
  )
}

/** `in 3 h 12 min`. @param at ISO 8601 */
export function Until({ at }: { readonly at: string }) {
  const date = new Date(at)
  const left = Math.max(0, Math.ceil((date.getTime() - now.value) / 1000))
  return (
    <time dateTime={at} title={exact(date)}>
      {strings.within(seconds(left))}
    </time>
  )
}

/** `14:22:10`, with the date unless it is today. */
export function Clock({ at }: { readonly at: unknown }) {
  const date = momentOf(at)
  if (date === undefined) return <span class="dim">–</span>
  return (
    <time dateTime={date.toISOString()} title={exact(date)}>
      {clock(date)}
    </time>
  )
}

function exact(date: Date): string {
  return `${date.toLocaleString()} · ${date.toISOString()}`
}
