/** Finds durations that were probably written in milliseconds: a bare number counts as seconds. */
import { keyPlaces } from './known-keys.ts'
import { MAX_DURATION_MS } from './units.ts'

/** A bare number that is too large to mean seconds. */
export interface DurationNote {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Smallest suspicious value: a multiple of {@link ROUND} from here on was probably written in milliseconds. */
const SUSPICIOUS = 5_000
const ROUND = 500
const SECONDS_PER_HOUR = 3_600

/** @param document as plain data */
export function durationNotes(document: unknown): DurationNote[] {
  const durations = new Set(
    keyPlaces()
      .filter(({ schema }) => isDuration(schema))
      .map(({ path }) => path.join('.')),
  )
  const notes: DurationNote[] = []
  const walk = (value: unknown, path: readonly PropertyKey[]): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        walk(inner, [...path, Array.isArray(value) ? Number(key) : key])
      }
      return
    }
    const place = path.map((part) => (typeof part === 'number' ? '[]' : String(part))).join('.')
    if (!durations.has(place) || place.endsWith('ttl') || !isSuspicious(value)) return
    const hours = Math.round((value / SECONDS_PER_HOUR) * 10) / 10
    notes.push({ path, message: `${value} is ${hours} h, write "${value}ms" for milliseconds` })
  }
  walk(document, [])
  return notes
}

function isDuration(schema: { readonly title?: string; readonly anyOf?: readonly object[] }) {
  const branches: readonly { readonly title?: string }[] = [schema, ...(schema.anyOf ?? [])]
  return branches.some(({ title }) => title === 'duration')
}

function isSuspicious(value: unknown): value is number {
  if (typeof value !== 'number' || value * 1_000 > MAX_DURATION_MS) return false
  return value >= SUSPICIOUS && value % ROUND === 0
}
