/** Button that copies a text to the clipboard and reports success. */
import { useState } from 'preact/hooks'
import { strings } from '../strings.ts'

export function CopyButton({
  text,
  label = strings.copy,
}: {
  readonly text: string | (() => string)
  readonly label?: string
}) {
  const [said, say] = useState('')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : text())
      say(strings.copied)
    } catch {
      say(strings.notCopied)
    }
    setTimeout(() => say(''), 1_500)
  }
  return (
    <button type="button" class="small" onClick={() => void copy()}>
      {said === '' ? label : said}
      <span class="sr" role="status">
        {said}
      </span>
    </button>
  )
}

/** Shows the beginning of an id. Hovering shows all of it, a click copies it. */
interface IdProps {
  readonly value: string | null | undefined
  readonly chars?: number
}

export function Id({ value, chars = 8 }: IdProps) {
  const [isCopied, setCopied] = useState(false)
  if (!value) return <span class="dim">–</span>
  const copy = () => {
    void navigator.clipboard?.writeText(value).then(() => {
      setCopied(true)
      setTimeout(() => setCopied(false), 1_200)
    })
  }
  return (
    <button type="button" class="id" title={`${value} · ${strings.clickToCopy}`} onClick={copy}>
      {isCopied ? strings.copied : value.length > chars ? `${value.slice(0, chars)}…` : value}
    </button>
  )
}
