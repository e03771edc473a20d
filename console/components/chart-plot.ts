/** Draws with uPlot. Loaded when the first chart is shown. */
import uPlot from 'uplot'
import type { ChartProps } from './chart.tsx'

const HEIGHT = 168

function colourOf(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim()
}

/** `color-mix` and `light-dark` are resolved by the browser: a canvas needs the colour itself. */
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
      legend: { show: false },
      cursor: { points: { size: 6 } },
      scales: { y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] } },
      axes: [
        { ...axis, size: 28 },
        { ...axis, size: 58, values: (_plot, values) => values.map((v) => props.format(v)) },
      ],
      series: [
        {},
        ...props.series.map(({ label, colour }) => ({
          label,
          stroke: resolved(element, `--series-${colour}`),
          width: 1.5,
          points: { show: false },
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

function dataOf({ at, series }: ChartProps): uPlot.AlignedData {
  return [[...at], ...series.map(({ values }) => [...values])] as uPlot.AlignedData
}
