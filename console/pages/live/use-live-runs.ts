/** Fetches the open runs by an event stream, or by polling when the stream fails. */
import { signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { readEvents } from '../../api/event-stream.ts'
import type { LiveView } from '../../api/gateway.ts'
import { send } from '../../api/http.ts'
import type { Polled } from '../../state/polling.ts'
import { apiErrorOf, isPaused, liveness } from '../../state/polling.ts'

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000

export function useLiveRuns(): Pick<Polled<LiveView>, 'value' | 'error'> {
  const live = useMemo(
    () => ({
      value: signal<LiveView | undefined>(undefined),
      error: signal<ReturnType<typeof apiErrorOf> | undefined>(undefined),
    }),
    [],
  )
  useEffect(() => {
    const control = new AbortController()
    const follow = async () => {
      for (let pause = FIRST_PAUSE_MS; !control.signal.aborted; ) {
        try {
          const response = await send('gateway/live', {
            accept: 'text/event-stream',
            signal: control.signal,
          })
          pause = FIRST_PAUSE_MS
          await readEvents(response, (events) => {
            live.error.value = undefined
            liveness.value = 'live'
            const last = events.findLast(({ name }) => name === 'live')
            if (last && !isPaused.value) live.value.value = JSON.parse(last.data) as LiveView
          })
        } catch (error) {
          if (control.signal.aborted) return
          live.error.value = apiErrorOf(error)
          if (live.error.value.status === 0) liveness.value = 'reconnecting'
        }
        await new Promise((resolve) => setTimeout(resolve, pause))
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
      }
    }
    void follow()
    return () => control.abort()
  }, [])
  return live
}
