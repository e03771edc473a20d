/** List of any length that renders only its visible rows. All rows have one height. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

/** Rows that are rendered above and below the visible part. */
const MARGIN_ROWS = 8
/** Largest height of an element in Chromium, in pixels. Search reaches the rows beyond. */
const TALLEST_PX = 15_000_000

interface VirtualListProps<Item> {
  readonly items: readonly Item[]
  readonly rowHeight: number
  readonly label: string
  /** Stays at the end while rows are added, unless the reader has scrolled away. */
  readonly followsEnd?: boolean
  row(item: Item, index: number): ComponentChildren
}

export function VirtualList<Item>(props: VirtualListProps<Item>) {
  const { items, rowHeight, label, followsEnd = false, row } = props
  const box = useRef<HTMLElement>(null)
  const isAtEnd = useRef(true)
  const [view, setView] = useState({ top: 0, height: 600 })
  const measure = () => {
    const element = box.current
    if (element === null) return
    const { scrollTop, clientHeight, scrollHeight } = element
    isAtEnd.current = scrollTop + clientHeight >= scrollHeight - rowHeight
    setView({ top: scrollTop, height: clientHeight })
  }
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    if (followsEnd && isAtEnd.current && box.current) box.current.scrollTop = TALLEST_PX
  }, [items.length])
  const first = Math.max(0, Math.floor(view.top / rowHeight) - MARGIN_ROWS)
  const last = Math.min(items.length, first + Math.ceil(view.height / rowHeight) + 2 * MARGIN_ROWS)
  return (
    <section
      class="virtual"
      aria-label={label}
      style={{ maxHeight: `${items.length * rowHeight + 2}px` }}
      ref={box}
      onScroll={measure}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region has to be reachable by keyboard (WCAG 2.1.1)
      tabIndex={0}
    >
      <div
        class="virtual-space"
        style={{ height: `${Math.min(items.length * rowHeight, TALLEST_PX)}px` }}
      >
        <ul aria-label={label} style={{ transform: `translateY(${first * rowHeight}px)` }}>
          {items.slice(first, last).map((item, index) => (
            <li
              class="virtual-row"
              aria-setsize={items.length}
              aria-posinset={first + index + 1}
              key={first + index}
              style={{ height: `${rowHeight}px` }}
            >
              {row(item, first + index)}
            </li>
          ))}
        </ul>
      </div>
    </section>
  )
}
