/** Table that turns rows into labelled cards on narrow screens. */
import type { ComponentChildren } from 'preact'

export interface Column<Row> {
  readonly head: string
  readonly align?: 'right'
  /** Takes the remaining width. */
  readonly wide?: boolean
  cell(row: Row): ComponentChildren
}

interface TableProps<Row> {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  keyOf(row: Row): string
  isSelected?(row: Row): boolean
}

export function Table<Row>({ label, columns, rows, keyOf, isSelected }: TableProps<Row>) {
  return (
    <div class="table-box">
      <table>
        <caption class="sr">{label}</caption>
        <thead>
          <tr>
            {columns.map(({ head, align, wide }) => (
              <th key={head} scope="col" class={classOf(align, wide)}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class={isSelected?.(row) ? 'selected' : undefined}>
              {columns.map(({ head, align, wide, cell }) => (
                <td key={head} data-head={head} class={classOf(align, wide)}>
                  <div class="cell">{cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function classOf(align: string | undefined, wide: boolean | undefined): string | undefined {
  return [align, wide ? 'wide' : ''].filter(Boolean).join(' ') || undefined
}
