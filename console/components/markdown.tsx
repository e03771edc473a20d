/** Renders Markdown of a model. A long text is rendered in parts, and a very long one on demand. */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { bytes } from '../state/format.ts'
import type { Piece } from '../state/markdown-pieces.ts'
import { MarkdownPieces } from '../state/markdown-pieces.ts'
import { strings } from '../strings.ts'
import { highlightIn } from './highlight.ts'
import { LongText } from './json.tsx'
import { elementsOf } from './markdown-html.ts'
import { memo } from './memo.ts'

/** Longest text that is rendered without a click, in characters. */
const LONGEST = 256 * 1024
/** Wanted time of a turn of the event loop that renders pieces, in milliseconds. */
const TURN_MS = 10

interface MarkdownProps {
  readonly text: string
  /** The text is still growing. */
  readonly isOpen?: boolean
}

export function Markdown({ text, isOpen = false }: MarkdownProps) {
  const [isWhole, setWhole] = useState(false)
  const splitter = useRef<MarkdownPieces | undefined>(undefined)
  splitter.current ??= new MarkdownPieces()
  const isCut = text.length > LONGEST && !isWhole
  const shown = isCut ? text.slice(0, LONGEST) : text
  const all = useMemo(() => splitter.current?.of(shown) ?? [], [shown])
  const limit = useGrowingLimit(all.length)
  return (
    <div class={isOpen ? 'markdown open' : 'markdown'}>
      {all.slice(0, limit).map(({ raw, isPlain }, index) => (
        <PieceView
          key={index}
          raw={raw}
          isPlain={isPlain}
          isLast={isOpen && index === all.length - 1}
        />
      ))}
      {isCut ? (
        <button type="button" class="link" onClick={() => setWhole(true)}>
          {strings.showAll(bytes(text.length))}
        </button>
      ) : null}
    </div>
  )
}

/** Number of pieces to render. Grows with each turn, by as many pieces as fit into a turn. */
function useGrowingLimit(wanted: number): number {
  const [limit, setLimit] = useState(2)
  const step = useRef(2)
  const beganAt = performance.now()
  const isBehind = limit < wanted
  useLayoutEffect(() => {
    if (!isBehind) return
    const tookMs = performance.now() - beganAt
    step.current = Math.max(1, Math.round(step.current * (tookMs > TURN_MS ? 0.5 : 1.5)))
    const timer = setTimeout(() => setLimit(limit + step.current))
    return () => clearTimeout(timer)
  }, [limit, isBehind])
  return limit
}

interface PieceProps extends Piece {
  readonly isLast: boolean
}

function isSamePiece(before: PieceProps, after: PieceProps): boolean {
  return (
    before.raw === after.raw && before.isPlain === after.isPlain && before.isLast === after.isLast
  )
}

const PieceView = memo(({ raw, isPlain, isLast }: PieceProps) => {
  const box = useRef<HTMLDivElement>(null)
  const elements = isPlain ? undefined : elementsOf(raw)
  const isShown = elements !== undefined
  useLayoutEffect(() => {
    if (elements === undefined || box.current === null) return
    box.current.replaceChildren(elements)
    // A growing block would be highlighted with every change.
    if (!isLast) highlightIn(box.current)
  }, [elements])
  // Two keys, because the elements of the first are unknown to the view.
  if (isShown) return <div key="elements" ref={box} />
  return (
    <div key="plain" class="plain">
      <LongText text={raw} />
    </div>
  )
}, isSamePiece)
