/** Shows the differences between the configuration in force and the file on disk. */
import type { ConfigChange, ConfigView } from '../../api/gateway.ts'
import { Table } from '../../components/table.tsx'
import { Badge } from '../../components/ui.tsx'
import { strings } from '../../strings.ts'

export function Changes({ view: { changes, issues, file } }: { readonly view: ConfigView }) {
  if (issues.length > 0) {
    return (
      <div class="notice bad" role="alert">
        <p>
          <strong>{strings.diskInvalid}</strong>
        </p>
        <ul>
          {issues.map((issue) => (
            <li key={issue}>
              <code>{issue}</code>
            </li>
          ))}
        </ul>
      </div>
    )
  }
  if (file === null) return null
  if (changes.length === 0) return <p class="dim">{strings.diskSame}</p>
  return (
    <>
      <p class="notice warn">{strings.diskDiffers(changes.length)}</p>
      <Table
        label={strings.diskDiffers(changes.length)}
        rows={changes}
        keyOf={({ path }) => path}
        columns={[
          { head: strings.key, cell: ({ path }) => <code>{path}</code> },
          { head: strings.change, cell: ({ kind }) => <Badge tone="warn">{kind}</Badge> },
          { head: strings.inForce, wide: true, cell: (change) => sideOf(change, 'in_force') },
          { head: strings.onDisk, wide: true, cell: (change) => sideOf(change, 'on_disk') },
          { head: strings.line, align: 'right', cell: ({ line }) => line ?? '–' },
        ]}
      />
    </>
  )
}

function sideOf(change: ConfigChange, side: 'in_force' | 'on_disk') {
  if (change.secret) return <span class="dim">{strings.secret}</span>
  return change[side] === null ? <span class="dim">–</span> : <code>{String(change[side])}</code>
}
