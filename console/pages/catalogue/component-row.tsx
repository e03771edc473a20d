/** Row of one component in the catalogue. */
import type { Component } from '../../api/components.ts'
import type { UpstreamStatus } from '../../api/gateway.ts'
import { Badge, State } from '../../components/ui.tsx'
import { seconds } from '../../state/format.ts'
import { hrefOf } from '../../state/location.ts'
import { strings } from '../../strings.ts'
import { toneOf } from '../overview/upstreams.tsx'

interface RowProps {
  readonly component: Component
  readonly owner: string
  readonly upstream: UpstreamStatus | undefined
  onOpen(): void
}

export function ComponentRow({ component, owner, upstream, onOpen }: RowProps) {
  const { kind, id, name, description, model } = component
  return (
    <div class="component-row">
      <Badge tone="info">{strings.singular[kind]}</Badge>
      <button type="button" class="link name" onClick={onOpen}>
        {name}
      </button>
      <code class="id-cell">{id}</code>
      <span class="clip grow dim" title={description}>
        {description}
      </span>
      <span class="clip model dim wide-only">{model}</span>
      <span class="owner">
        {owner === '' ? null : (
          <span title={ageTitle(upstream)}>
            {upstream ? <State tone={toneOf(upstream.state)}>{owner}</State> : owner}
          </span>
        )}
      </span>
      <a class="button small" href={hrefOf(`/play/${kind}/${encodeURIComponent(id)}`)}>
        {strings.try}
      </a>
    </div>
  )
}

function ageTitle(upstream: UpstreamStatus | undefined): string {
  const age = upstream?.asked_seconds_ago
  return age === undefined ? '' : strings.cardAge(seconds(age))
}
