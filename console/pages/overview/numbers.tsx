/** Shows five current numbers, each with the last five minutes as a sparkline. */
import type { ComponentChildren } from 'preact'
import type { GatewayStatus, HistoryView } from '../../api/gateway.ts'
import { Spark } from '../../components/spark.tsx'
import { count, percent, rate, seconds } from '../../state/format.ts'
import { strings } from '../../strings.ts'

/** Slots of a sparkline: five minutes. */
const SHOWN = 60
/** Slots of a current number: the last 30 seconds. */
const RECENT = 6

type Numbers = readonly (number | null)[]

const sum = (values: Numbers) => values.reduce<number>((total, value) => total + (value ?? 0), 0)
const recent = (values: Numbers) => values.slice(-RECENT)

export function Numbers({
  status,
  history,
}: {
  readonly status: GatewayStatus
  readonly history: HistoryView | undefined
}) {
  const step = history?.step_seconds ?? 5
  const of = (name: 'open' | 'runs' | 'requests' | 'errors') => history?.[name] ?? []
  const perSecond = (values: Numbers) => {
    const last = recent(values)
    return last.length === 0 ? 0 : sum(last) / (last.length * step)
  }
  const tokens = (history?.output_tokens ?? []).map(
    (value, index) => value + (history?.input_tokens[index] ?? 0),
  )
  const requests = sum(recent(of('requests')))
  const errors = requests === 0 ? 0 : sum(recent(of('errors'))) / requests
  const firstEvent = history?.first_event_p95 ?? []
  const lastFirst = firstEvent.slice(-SHOWN).findLast((value) => value !== null)
  return (
    <div class="numbers">
      <Figure label={strings.numbers.open} value={count(status.open)} spark={of('open')} />
      <Figure label={strings.numbers.runs} value={rate(perSecond(of('runs')))} spark={of('runs')} />
      <Figure
        label={strings.numbers.requests}
        value={rate(perSecond(of('requests')))}
        spark={of('requests')}
      />
      <Figure
        label={strings.numbers.errors}
        value={percent(errors)}
        spark={of('errors')}
        tone={errors > 0.01 ? 'bad' : undefined}
      />
      <Figure label={strings.numbers.firstEvent} value={seconds(lastFirst)} spark={firstEvent} />
      <Figure label={strings.numbers.tokens} value={rate(perSecond(tokens))} spark={tokens} />
      <p class="whose">
        {strings.whose(
          status.workers?.length ?? 1,
          history ? new Date(history.since * 1000).toLocaleTimeString() : '–',
        )}
      </p>
    </div>
  )
}

interface FigureProps {
  readonly label: string
  readonly value: ComponentChildren
  readonly spark: Numbers
  readonly tone?: 'bad' | undefined
}

function Figure({ label, value, spark, tone }: FigureProps) {
  return (
    <div class="figure">
      <span class="label">{label}</span>
      <b class={tone}>{value}</b>
      <Spark values={spark.slice(-SHOWN)} label={label} />
    </div>
  )
}
