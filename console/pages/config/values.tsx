/** Shows the keys in force by section. */
import type { ConfigValue } from '../../api/gateway.ts'
import type { Column } from '../../components/table.tsx'
import { Table } from '../../components/table.tsx'
import { Badge, Empty, Panel } from '../../components/ui.tsx'
import { query, setQuery } from '../../state/location.ts'
import { strings } from '../../strings.ts'

export function Values({ values }: { readonly values: readonly ConfigValue[] }) {
  const text = (query.value.get('q') ?? '').toLowerCase()
  const withDefaults = query.value.has('defaults')
  const shown = values.filter(
    ({ path, value, source }) =>
      (withDefaults || source !== 'default') &&
      [path, String(value)].some((each) => each.toLowerCase().includes(text)),
  )
  return (
    <>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <input
          type="search"
          aria-label={strings.searchKeys}
          placeholder={strings.searchKeys}
          value={text}
          onInput={(event) => setQuery({ q: event.currentTarget.value })}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={withDefaults}
            onChange={(event) => setQuery({ defaults: event.currentTarget.checked ? 1 : '' })}
          />{' '}
          {strings.withDefaults}
        </label>
        <span class="grow" />
        <span class="dim">{strings.shownOf(shown.length, values.length, false)}</span>
      </form>
      <Panel flush>
        {shown.length === 0 ? (
          <Empty>{text === '' && !withDefaults ? strings.onlyDefaults : strings.noKeys}</Empty>
        ) : (
          <Table
            label={strings.configuration}
            columns={COLUMNS}
            rows={shown}
            keyOf={({ path }) => path}
          />
        )}
      </Panel>
    </>
  )
}

const COLUMNS: readonly Column<ConfigValue>[] = [
  {
    head: strings.key,
    cell: ({ path, description }) => <code title={description ?? undefined}>{path}</code>,
  },
  {
    head: strings.value,
    wide: true,
    cell: ({ value, secret }) =>
      secret ? (
        <Badge tone="warn">{strings.secret}</Badge>
      ) : value === null ? (
        <span class="dim">{strings.notSet}</span>
      ) : (
        <code class="wrap">{String(value)}</code>
      ),
  },
  {
    head: strings.source,
    cell: ({ source, line, variables }) =>
      source === 'default' ? (
        <span class="dim">{strings.default}</span>
      ) : (
        <>
          {line === null ? source : strings.lineNumber(line)}{' '}
          {variables.map((name) => (
            <Badge key={name} tone="info">
              {name}
            </Badge>
          ))}
        </>
      ),
  },
]
