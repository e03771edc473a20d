/** Draws charts with uPlot. Loaded with the first chart. */
import uPlot from 'uplot'
import type { ChartProps } from './chart.tsx'

const HEIGHT = 168

function colourOf(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim()
}

/** Resolves `color-mix` and `light-dark` in the browser, because a canvas needs plain colours. */
function resolved(element: HTMLElement, name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  element.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color || colourOf(element, name)
}

export function drawChart(element: HTMLElement, first: ChartProps) {
  let props = first
  const build = () => {
    const grid = { stroke: resolved(element, '--line'), width: 1 }
    const axis = { stroke: resolved(element, '--dim'), grid, ticks: { show: false } }
    const options: uPlot.Options = {
      width: Math.max(200, element.clientWidth),
      height: HEIGHT,
      // Top, right, bottom, left; at the right, room for half of the last label.
      padding: [8, 28, 0, 0],
      legend: { show: false },
      cursor: { points: { size: 6 } },
      scales: { y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] } },
      axes: [
        { ...axis, size: 28, values: (_plot, values) => values.map(timeOf) },
        { ...axis, size: 58, values: (_plot, values) => withoutRepeats(values.map(props.format)) },
      ],
      series: [
        {},
        ...props.series.map(({ label, colour }) => ({
          label,
          stroke: resolved(element, `--series-${colour}`),
          width: 1.5,
          points: { size: 4 },
          spanGaps: true,
        })),
      ],
    }
    return new uPlot(options, dataOf(props), element)
  }
  let plot = build()
  const rebuild = () => {
    plot.destroy()
    plot = build()
  }
  const observer = new ResizeObserver(() => {
    plot.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT })
  })
  observer.observe(element)
  const scheme = new MutationObserver(rebuild)
  scheme.observe(document.documentElement, { attributeFilter: ['style'] })
  return {
    update(next: ChartProps) {
      props = next
      plot.setData(dataOf(next))
    },
    destroy() {
      observer.disconnect()
      scheme.disconnect()
      plot.destroy()
    },
  }
}

/** Time without a date: the page's address and the table contain the date. */
function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000)
  return TIME.format(date)
}

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

/** Removes repeated labels: rounding can give two ticks the same text. */
function withoutRepeats(labels: readonly string[]): string[] {
  return labels.map((label, index) => (label === labels[index - 1] ? '' : label))
}

function dataOf({ at, series }: ChartProps): uPlot.AlignedData {
  return [[...at], ...series.map(({ values }) => [...values])] as uPlot.AlignedData
}
