/** Shows a time series as a line chart, with a one-line summary and a table of the same values. */
import { useState } from 'preact/hooks'
import { clock } from '../state/format.ts'
import { strings } from '../strings.ts'
import type { ChartProps } from './chart-plot.tsx'
import { Plot } from './chart-plot.tsx'

export function Chart(props: ChartProps) {
  const [marked, setMarked] = useState(-1)
  return (
    <figure class="chart">
      <figcaption>
        <h3>{props.title}</h3>
        <Legend {...props} marked={marked} />
      </figcaption>
      <Plot {...props} marked={marked} onMark={setMarked} />
      <Twin {...props} />
    </figure>
  )
}

/** The values of the marked slot with its time, or the last ones. */
function Legend({ at, series, format, marked }: ChartProps & { readonly marked: number }) {
  const time = at[marked]
  return (
    <p class="legend">
      {series.map(({ label, values, colour }) => {
        const value = time === undefined ? values.findLast((each) => each !== null) : values[marked]
        return (
          <span key={label}>
            <i class={`swatch s${colour}`} aria-hidden="true" /> {label}{' '}
            <b>{value === undefined || value === null ? '–' : format(value)}</b>
          </span>
        )
      })}
      {time === undefined ? null : <span>{clock(new Date(time * 1000))}</span>}
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
