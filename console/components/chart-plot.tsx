/** Draws the lines and axes of a chart, and marks the slot under the pointer. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import {
  durationTicks,
  linear,
  linePath,
  nearestSlot,
  timeTicks,
  valueTicks,
} from '../state/chart-scale.ts'

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
  /** Unit of the ticks of the value axis: whole numbers, or durations as on a clock. Default: any round numbers. */
  readonly unit?: 'whole' | 'seconds'
  format(value: number): string
}

const HEIGHT = 168
const TOP = 8
const BOTTOM = HEIGHT - 24
const LEFT = 68
/** Room for half of the last label. */
const RIGHT = 38
/** Width of a time label and its gap. */
const LABEL_PX = 90

interface PlotProps extends ChartProps {
  /** Index of the marked slot; -1 for none. */
  readonly marked: number
  onMark(index: number): void
}

export function Plot(props: PlotProps) {
  const { at, series, format, marked, onMark } = props
  const [box, width] = useWidth()
  const { x, y, values, times, paths } = useMemo(() => layout(props, width), [at, series, width])
  const mark = (event: PointerEvent) => {
    const { left } = box.current?.getBoundingClientRect() ?? { left: 0 }
    const [first = 0, last = 0] = [at[0], at.at(-1)]
    onMark(nearestSlot(at, linear(LEFT, width - RIGHT, first, last)(event.clientX - left)))
  }
  return (
    <div class="plot" ref={box}>
      <svg
        aria-hidden="true"
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={width}
        height={HEIGHT}
        onPointerMove={mark}
        onPointerLeave={() => onMark(-1)}
      >
        {values.map((value) => (
          <g key={value}>
            <line x1={LEFT} x2={width - RIGHT} y1={y(value)} y2={y(value)} />
            <text class="end" x={LEFT - 8} y={y(value) + 4}>
              {format(value)}
            </text>
          </g>
        ))}
        {times.map((time) => (
          <text class="middle" key={time} x={x(time)} y={HEIGHT - 6}>
            {timeLabel(time)}
          </text>
        ))}
        {series.map(({ label, colour }, index) => (
          <path key={label} class={`line s${colour}`} d={paths[index]} />
        ))}
        {marked < 0 ? null : (
          <line class="mark" x1={x(at[marked] ?? 0)} x2={x(at[marked] ?? 0)} y1={TOP} y2={BOTTOM} />
        )}
      </svg>
    </div>
  )
}

function layout({ at, series, unit }: ChartProps, width: number) {
  const [first = 0, last = 0] = [at[0], at.at(-1)]
  const known = series.map(({ values }) => values.reduce<number>((a, b) => Math.max(a, b ?? 0), 0))
  const most = Math.max(0, ...known)
  const values = unit === 'seconds' ? durationTicks(most) : valueTicks(most, unit ? 1 : 0)
  const x = linear(first, last, LEFT, width - RIGHT)
  const y = linear(0, values.at(-1) ?? 1, BOTTOM, TOP)
  return {
    ...{ x, y, values },
    times: timeTicks(first, last, Math.max(1, (width - LEFT - RIGHT) / LABEL_PX)),
    paths: series.map((line) => linePath(at, line.values, x, y)),
  }
}

/** Width of an element, now and after each change. */
function useWidth() {
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(400)
  useEffect(() => {
    const observer = new ResizeObserver(() =>
      setWidth(Math.max(200, box.current?.clientWidth ?? 0)),
    )
    if (box.current) observer.observe(box.current)
    return () => observer.disconnect()
  }, [])
  return [box, width] as const
}

/** Time without a date: the page's address and the table contain the date. */
function timeLabel(time: number): string {
  return time % 60 === 0 ? MINUTES.format(time * 1_000) : SECONDS.format(time * 1_000)
}

const MINUTES = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const SECONDS = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
