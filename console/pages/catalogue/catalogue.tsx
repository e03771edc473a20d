/** Page Catalogue: every agent, team and workflow of all upstreams. */
import { useSignal } from '@preact/signals'
import type { Catalogue as CatalogueList, Component } from '../../api/components.ts'
import { listComponents } from '../../api/components.ts'
import type { GatewayStatus } from '../../api/gateway.ts'
import { gateway } from '../../api/gateway.ts'
import { KINDS } from '../../api/types.ts'
import { Empty, Failure, Loading, Missing, Panel } from '../../components/ui.tsx'
import { VirtualList } from '../../components/virtual-list.tsx'
import { count } from '../../state/format.ts'
import { query, setQuery } from '../../state/location.ts'
import { usePolled } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import { ComponentDialog } from './component-dialog.tsx'
import { ComponentRow } from './component-row.tsx'
import { fetchOwners, NO_OWNERS } from './owners.ts'
import { Shadowed } from './shadowed.tsx'
import type { ComponentFilter } from './use-matching.ts'
import { useMatching } from './use-matching.ts'

const LIST_MS = 30_000
/** A long list is fetched less often. */
const LIST_MS_PER_COMPONENT = 1
const NONE: readonly Component[] = []
const STATUS_MS = 10_000
const ROW_PX = 44

export function Catalogue() {
  const list = usePolled(() => listComponents(), pauseAfter)
  const status = usePolled((signal) => gateway.status(signal), STATUS_MS)
  const opened = useSignal<Component | undefined>(undefined)
  const all = list.value.value
  const owned = usePolled(fetchOwners, () => pauseAfter(all))
  const owners = owned.value.value ?? NO_OWNERS
  const filter = {
    text: query.value.get('q') ?? '',
    kind: query.value.get('kind') ?? '',
    upstream: query.value.get('upstream') ?? '',
  }
  const shown = useMatching(all?.components ?? NONE, filter, owners)
  if (all === undefined || shown === undefined) {
    return list.error.value ? <Failure error={list.error.value} /> : <Loading />
  }
  return (
    <>
      <h1 class="sr">{strings.pages.catalogue}</h1>
      <Missing partial={all.partial} stale={all.stale} />
      <Filters filter={filter} status={status.value.value} />
      <Panel
        flush
        title={strings.shownComponents(count(shown.length), count(all.components.length))}
      >
        {shown.length === 0 ? (
          <Empty>{strings.noComponents}</Empty>
        ) : (
          <VirtualList
            items={shown}
            rowHeight={ROW_PX}
            label={strings.pages.catalogue}
            row={(one) => (
              <ComponentRow
                component={one}
                owner={owners.ownerOf(one)}
                upstream={upstreamNamed(status.value.value, owners.ownerOf(one))}
                onOpen={() => {
                  opened.value = one
                }}
              />
            )}
          />
        )}
      </Panel>
      <Shadowed status={status.value.value} isOpen={query.value.has('shadowed')} />
      {opened.value === undefined ? null : (
        <ComponentDialog
          component={opened.value}
          faces={status.value.value?.faces ?? []}
          onClose={() => {
            opened.value = undefined
          }}
        />
      )}
    </>
  )
}

function pauseAfter(list: CatalogueList | undefined): number {
  return LIST_MS + (list?.components.length ?? 0) * LIST_MS_PER_COMPONENT
}

function upstreamNamed(status: GatewayStatus | undefined, name: string) {
  return status?.upstreams.find((one) => one.name === name)
}

interface FiltersProps {
  readonly filter: ComponentFilter
  readonly status: GatewayStatus | undefined
}

function Filters({ filter, status }: FiltersProps) {
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <input
        type="search"
        placeholder={strings.searchComponents}
        aria-label={strings.searchComponents}
        value={filter.text}
        onInput={(event) => setQuery({ q: event.currentTarget.value })}
      />
      <select
        aria-label={strings.kind}
        value={filter.kind}
        onChange={(event) => setQuery({ kind: event.currentTarget.value })}
      >
        <option value="">{strings.allKinds}</option>
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {strings.kinds[kind]}
          </option>
        ))}
      </select>
      <select
        aria-label={strings.upstream}
        value={filter.upstream}
        onChange={(event) => setQuery({ upstream: event.currentTarget.value })}
      >
        <option value="">{strings.allUpstreams}</option>
        {status?.upstreams.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </form>
  )
}
