/** Dialog with the card of one component and code that calls it. */
import { useSignal } from '@preact/signals'
import type { Component } from '../../api/components.ts'
import { getComponent } from '../../api/components.ts'
import { CopyButton } from '../../components/copy.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { JsonTree } from '../../components/json.tsx'
import { Failure } from '../../components/ui.tsx'
import { hrefOf } from '../../state/location.ts'
import { usePolled } from '../../state/polling.ts'
import { snippetsFor } from '../../state/snippets.ts'
import { strings } from '../../strings.ts'

interface ComponentDialogProps {
  readonly component: Component
  readonly faces: readonly string[]
  onClose(): void
}

const CARD_MS = 60_000

export function ComponentDialog({ component, faces, onClose }: ComponentDialogProps) {
  const { kind, id, name, description } = component
  const card = usePolled(() => getComponent(kind, id), CARD_MS, [kind, id])
  return (
    <Dialog title={`${strings.singular[kind]} ${name}`} onClose={onClose}>
      <p>{description}</p>
      <p>
        <a class="button primary" href={hrefOf(`/play/${kind}/${encodeURIComponent(id)}`)}>
          {strings.openPlayground}
        </a>
      </p>
      <Snippets component={component} faces={faces} />
      <h3>{strings.card}</h3>
      {card.error.value ? <Failure error={card.error.value} /> : null}
      <JsonTree value={card.value.value?.card ?? component.card} />
    </Dialog>
  )
}

function Snippets({ component, faces }: Pick<ComponentDialogProps, 'component' | 'faces'>) {
  const chosen = useSignal(0)
  const all = snippetsFor(component, { message: strings.helloMessage, faces })
  const shown = all[chosen.value] ?? all[0]
  if (shown === undefined) return null
  return (
    <section class="snippets">
      <div class="tabs" role="toolbar" aria-label={strings.callIt}>
        {all.map(({ label }, index) => (
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
    </section>
  )
}
