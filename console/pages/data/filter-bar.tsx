/** Filters of a list. They live in the address, so that a link shows what its sender saw. */
import { query, setQuery } from '../../state/location.ts'

export interface Filter {
  /** Parameter of the query, of the page and of the route alike. */
  readonly name: string
  readonly label: string
  readonly options?: readonly (readonly [value: string, label: string])[]
}

export function FilterBar({ filters }: { readonly filters: readonly Filter[] }) {
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      {filters.map((filter) => (
        <Field key={filter.name} {...filter} />
      ))}
    </form>
  )
}

function Field({ name, label, options }: Filter) {
  const value = query.value.get(name) ?? ''
  const change = (next: string) => setQuery({ [name]: next })
  if (options === undefined) {
    return (
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => change(event.currentTarget.value)}
      />
    )
  }
  return (
    <select
      aria-label={label}
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
    >
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  )
}

/** The filters as the route's query. */
export function filterQuery(filters: readonly Filter[]): Record<string, string | undefined> {
  const entries = filters.map(({ name }) => [name, query.value.get(name) || undefined])
  return Object.fromEntries(entries) as Record<string, string | undefined>
}
