/** Sparkline in the height of the text, with its range as text for screen readers. */
import { strings } from '../strings.ts'

const WIDTH = 96
const HEIGHT = 22

export function Spark({
  values,
  label,
}: {
  readonly values: readonly (number | null)[]
  readonly label: string
}) {
  const known = values.map((value) => value ?? 0)
  const most = Math.max(...known, 0)
  if (known.length < 2) return <span class="spark" />
  const step = WIDTH / (known.length - 1)
  const y = (value: number) => HEIGHT - 1 - (most === 0 ? 0 : (value / most) * (HEIGHT - 3))
  const line = known.map((value, index) => `${(index * step).toFixed(1)},${y(value).toFixed(1)}`)
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={strings.sparkLabel(label, Math.round(Math.min(...known)), Math.round(most))}
    >
      <polygon points={`0,${HEIGHT} ${line.join(' ')} ${WIDTH},${HEIGHT}`} />
      <polyline points={line.join(' ')} />
    </svg>
  )
}
