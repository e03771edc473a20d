/** Dialog with the card of one component and code that calls it. */
import type { Component } from '../../api/components.ts'
import { getComponent } from '../../api/components.ts'
import { CodeTabs } from '../../components/code-tabs.tsx'
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
  const pieces = snippetsFor(component, { message: strings.helloMessage, faces })
  return (
    <section class="snippets">
      <CodeTabs label={strings.callIt} pieces={pieces} />
    </section>
  )
}
