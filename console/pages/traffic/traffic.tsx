/** Page Traffic: rates, errors, durations and tokens over an hour or a day. */
import { useMemo } from 'preact/hooks'
import type { HistoryView } from '../../api/gateway.ts'
import { gateway } from '../../api/gateway.ts'
import { Chart } from '../../components/chart.tsx'
import type { Series } from '../../components/chart-plot.tsx'
import { Failure, FilterChip, Loading, Panel } from '../../components/ui.tsx'
import { count, percent, rate, seconds } from '../../state/format.ts'
import { query, setQuery } from '../../state/location.ts'
import { usePolled } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import { ComponentTable } from './component-table.tsx'
import { RANGES, rangeNamed, windowed } from './ranges.ts'

const POLL_MS = 5_000

export function Traffic() {
  const range = rangeNamed(query.value.get('range'))
  const component = query.value.get('component') ?? undefined
  const history = usePolled((signal) => gateway.history(range.step, component, signal), POLL_MS, [
    range.step,
    component,
  ])
  const whole = history.value.value
  const view = useMemo(() => whole && windowed(whole, range), [whole, range])
  if (view === undefined) {
    return history.error.value ? <Failure error={history.error.value} /> : <Loading />
  }
  return (
    <>
      <h1 class="sr">{strings.pages.traffic}</h1>
      {history.error.value ? <Failure error={history.error.value} /> : null}
      <Head view={view} component={component} range={range.name} />
      <Charts view={view} isPart={component !== undefined} />
      <Panel title={strings.byComponent} flush>
        <ComponentTable rows={view.components} chosen={component} />
      </Panel>
    </>
  )
}

interface HeadProps {
  readonly view: HistoryView
  readonly component: string | undefined
  readonly range: string
}

function Head({ view, component, range }: HeadProps) {
  return (
    <div class="filters">
      <div class="tabs" role="toolbar" aria-label={strings.timeRange}>
        {RANGES.map(({ name, label }) => (
          <button
            type="button"
            key={name}
            aria-pressed={name === range}
            onClick={() => setQuery({ range: name })}
          >
            {label}
          </button>
        ))}
      </div>
      {component === undefined ? null : (
        <FilterChip onRemove={() => setQuery({ component: '' })}>{component}</FilterChip>
      )}
      <span class="grow" />
      <span class="dim">
        {strings.whose(view.processes, new Date(view.since * 1000).toLocaleString())}
      </span>
    </div>
  )
}

function quantiles(p50: Series['values'], p95: Series['values']): Series[] {
  return [
    { label: 'p50', values: p50, colour: 1 },
    { label: 'p95', values: p95, colour: 4 },
  ]
}

function Charts({ view, isPart }: { readonly view: HistoryView; readonly isPart: boolean }) {
  const { at, step_seconds: step } = view
  const perSecond = (values: readonly number[]) => values.map((value) => value / step)
  const share = (part: readonly number[]) =>
    part.map((value, index) =>
      (view.requests[index] ?? 0) > 0 ? value / (view.requests[index] ?? 1) : 0,
    )
  return (
    <div class="charts">
      <Chart
        title={strings.charts.requests}
        at={at}
        format={rate}
        series={[
          { label: strings.requests, values: perSecond(view.requests), colour: 1 },
          { label: strings.runs, values: perSecond(view.runs), colour: 2 },
        ]}
      />
      <Chart
        title={strings.charts.errors}
        at={at}
        format={percent}
        series={[
          { label: '5xx', values: share(view.errors), colour: 3 },
          { label: '4xx', values: share(view.refused), colour: 4 },
        ]}
      />
      {isPart ? null : (
        <>
          <Chart
            title={strings.charts.durations}
            at={at}
            format={seconds}
            unit="seconds"
            series={quantiles(view.duration_p50, view.duration_p95)}
          />
          <Chart
            title={strings.charts.firstEvent}
            at={at}
            format={seconds}
            unit="seconds"
            series={quantiles(view.first_event_p50, view.first_event_p95)}
          />
          <Chart
            title={strings.charts.open}
            at={at}
            format={count}
            unit="whole"
            series={[{ label: strings.open, values: view.open, colour: 2 }]}
          />
        </>
      )}
      <Chart
        title={strings.charts.tokens}
        at={at}
        format={rate}
        series={[
          { label: strings.tokensIn, values: perSecond(view.input_tokens), colour: 1 },
          { label: strings.tokensOut, values: perSecond(view.output_tokens), colour: 2 },
        ]}
      />
    </div>
  )
}
