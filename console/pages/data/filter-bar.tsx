/** Filters of a list. They are part of the address, so that a link shows the same list. */
import { useRef } from 'preact/hooks'
import { query, setQuery } from '../../state/location.ts'

export interface Filter {
  /** Name of the parameter, the same in the page's query and in the route's. */
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

/** Pause in typing after which the list is fetched, in milliseconds. */
const TYPING_MS = 300

function Field({ name, label, options }: Filter) {
  const value = query.value.get(name) ?? ''
  const timer = useRef(0)
  const change = (next: string) => setQuery({ [name]: next })
  if (options === undefined) {
    return (
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        onInput={({ currentTarget }) => {
          clearTimeout(timer.current)
          timer.current = window.setTimeout(() => change(currentTarget.value), TYPING_MS)
        }}
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

/** Converts filters of the address to the route's query. */
export function filterQuery(names: readonly string[]): Record<string, string | undefined> {
  const entries = names.map((name) => [name, query.value.get(name) || undefined])
  return Object.fromEntries(entries) as Record<string, string | undefined>
}
