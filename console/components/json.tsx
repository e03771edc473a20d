/** Shows JSON as a tree that the reader unfolds. Long texts, base64 and long lists are never rendered whole. */
import { useState } from 'preact/hooks'
import { bytes } from '../state/format.ts'
import { strings } from '../strings.ts'
import { CopyButton } from './copy.tsx'

const LONGEST_TEXT = 2_000
/** Longest text that is shown without a click, in characters. */
const HEAVY_TEXT = 256 * 1024
const CHILDREN_STEP = 100
const BASE64 = /^[A-Za-z0-9+/=\r\n]{512,}$/

interface JsonTreeProps {
  readonly value: unknown
  /** Levels that are unfolded at first. */
  readonly open?: number
  /** Name of the whole value. */
  readonly name?: string
}

export function JsonTree({ value, open = 1, name }: JsonTreeProps) {
  return (
    <div class="json">
      <Node name={name} value={value} depth={0} open={open} />
    </div>
  )
}

interface NodeProps {
  readonly name?: string | undefined
  readonly value: unknown
  readonly depth: number
  readonly open: number
}

function Node({ name, value, depth, open }: NodeProps) {
  const key = name === undefined ? null : <span class="json-key">{name}: </span>
  if (typeof value !== 'object' || value === null) {
    return (
      <div class="json-leaf">
        {key}
        <Leaf value={value} />
      </div>
    )
  }
  return <Branch name={name} value={value} depth={depth} open={open} />
}

function Branch({ name, value, depth, open }: NodeProps) {
  const [isOpen, setOpen] = useState(depth < open)
  const [shown, setShown] = useState(CHILDREN_STEP)
  const entries = Object.entries(value as object).filter(([, child]) => child !== undefined)
  const isList = Array.isArray(value)
  const size = isList ? `[${entries.length}]` : `{${entries.length}}`
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {name === undefined ? null : <span class="json-key">{name} </span>}
        <span class="dim">{size}</span>
      </summary>
      {isOpen
        ? entries
            .slice(0, shown)
            .map(([key, child]) => (
              <Node key={key} name={key} value={child} depth={depth + 1} open={open} />
            ))
        : null}
      {isOpen && shown < entries.length ? (
        <button type="button" class="link" onClick={() => setShown(shown + CHILDREN_STEP * 5)}>
          {strings.showMore(shown, entries.length)}
        </button>
      ) : null}
    </details>
  )
}

function Leaf({ value }: { readonly value: unknown }) {
  if (typeof value === 'string') return <LongText text={value} quoted />
  return <span class="json-plain">{String(value)}</span>
}

/** Shows the beginning of a text of any length, and the rest on demand. */
export function LongText({
  text,
  quoted = false,
}: {
  readonly text: string
  readonly quoted?: boolean
}) {
  const [isWhole, setWhole] = useState(false)
  if (BASE64.test(text.slice(0, 4096))) return <Encoded text={text} />
  const isLong = text.length > LONGEST_TEXT
  const shown = isLong && !isWhole ? text.slice(0, LONGEST_TEXT) : text.slice(0, HEAVY_TEXT * 4)
  return (
    <span class="json-text">
      {quoted ? JSON.stringify(shown) : shown}
      {isLong ? (
        <span class="more">
          {isWhole ? null : (
            <button type="button" class="link" onClick={() => setWhole(true)}>
              {strings.showAll(bytes(text.length))}
            </button>
          )}{' '}
          <CopyButton text={text} />
        </span>
      ) : null}
    </span>
  )
}

function Encoded({ text }: { readonly text: string }) {
  return (
    <span class="more">
      {strings.encoded(bytes(Math.floor((text.length * 3) / 4)))} <CopyButton text={text} />
    </span>
  )
}
