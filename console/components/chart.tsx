/**
 * Shows a time series as a line chart, with a one-line summary and a table of the same values. Loads the library on
 * demand.
 */
import { useEffect, useRef, useState } from 'preact/hooks'
import { strings } from '../strings.ts'

export interface Series {
  readonly label: string
  readonly values: readonly (number | null)[]
  /** Number of a colour in `styles/base.css`, from 1. */
  readonly colour: number
}

export interface ChartProps {
  readonly title: string
  /** Seconds since 1970. */
  readonly at: readonly number[]
  readonly series: readonly Series[]
  format(value: number): string
}

export function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const drawn = useRef<{ update(props: ChartProps): void; destroy(): void } | undefined>(undefined)
  const latest = useRef(props)
  latest.current = props
  useEffect(() => {
    let isGone = false
    void import('./chart-plot.ts').then(({ drawChart }) => {
      if (!isGone && box.current) drawn.current = drawChart(box.current, latest.current)
    })
    return () => {
      isGone = true
      drawn.current?.destroy()
    }
  }, [])
  useEffect(() => drawn.current?.update(props))
  return (
    <figure class="chart">
      <figcaption>
        <h3>{props.title}</h3>
        <Legend {...props} />
      </figcaption>
      <div class="plot" ref={box} aria-hidden="true" />
      <Twin {...props} />
    </figure>
  )
}

function Legend({ series, format }: ChartProps) {
  return (
    <p class="legend">
      {series.map(({ label, values, colour }) => {
        const last = values.findLast((value) => value !== null)
        return (
          <span key={label}>
            <i class={`swatch s${colour}`} aria-hidden="true" /> {label}{' '}
            <b>{last === undefined || last === null ? '–' : format(last)}</b>
          </span>
        )
      })}
    </p>
  )
}

/** Largest number of rows of the table, newest first. */
const ROWS = 60

function Twin({ title, at, series, format }: ChartProps) {
  const [isOpen, setOpen] = useState(false)
  const indexes = at.map((_, index) => index).slice(-ROWS)
  return (
    <details class="twin" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{strings.asTable}</summary>
      {isOpen ? (
        <div class="table-box short">
          <table>
            <caption class="sr">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{strings.time}</th>
                {series.map(({ label }) => (
                  <th key={label} scope="col" class="right">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {indexes.reverse().map((index) => (
                <tr key={at[index]}>
                  <td>{new Date((at[index] ?? 0) * 1000).toLocaleTimeString()}</td>
                  {series.map(({ label, values }) => (
                    <td key={label} class="right">
                      {values[index] == null ? '–' : format(values[index])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </details>
  )
}
