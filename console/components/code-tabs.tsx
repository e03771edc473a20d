/** Shows one of several pieces of code, selected by tabs, with a button that copies it. */
import { useSignal } from '@preact/signals'
import { CopyButton } from './copy.tsx'

interface CodeTabsProps {
  /** Name of the tabs for screen readers. */
  readonly label: string
  readonly pieces: readonly { readonly label: string; readonly code: string }[]
}

export function CodeTabs({ label: name, pieces }: CodeTabsProps) {
  const chosen = useSignal(0)
  const shown = pieces[chosen.value] ?? pieces[0]
  if (shown === undefined) return null
  return (
    <>
      <div class="tabs" role="toolbar" aria-label={name}>
        {pieces.map(({ label }, index) => (
          <button
            type="button"
            key={label}
            aria-pressed={index === chosen.value}
            onClick={() => {
              chosen.value = index
            }}
          >
            {label}
          </button>
        ))}
        <span class="grow" />
        <CopyButton text={shown.code} />
      </div>
      <pre class="code">{shown.code}</pre>
    </>
  )
}
