/** Finds the sections of each key, from the schema. Built only to explain a mistake. */
import { fileJsonSchema, type JsonSchema } from './json-schema.ts'

/** One valid position of a key. */
export interface KeyPlace {
  /** Keys from the top; `[]` means an item of a list: `['upstreams', '[]', 'url']`. */
  readonly path: readonly string[]
  readonly schema: JsonSchema
}

let places: readonly KeyPlace[] | undefined

/** All positions of all keys; positions nearer to the top come first. */
export function keyPlaces(): readonly KeyPlace[] {
  places ??= placesIn(fileJsonSchema(), []).toSorted((a, b) => a.path.length - b.path.length)
  return places
}

/** Whether any section has a key with this name: messages show only such keys. */
export function isKnownKey(key: string): boolean {
  return keyPlaces().some(({ path }) => path.at(-1) === key)
}

/** Schema at the path of an issue, such as `['upstreams', 0, 'urls']`. */
export function schemaAt(path: readonly PropertyKey[]): JsonSchema | undefined {
  const wanted = path.map((part) => (typeof part === 'number' ? '[]' : String(part))).join('.')
  return keyPlaces().find((place) => place.path.join('.') === wanted)?.schema
}

function placesIn(schema: JsonSchema, path: readonly string[]): KeyPlace[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const place = { path: [...path, key], schema: value }
    return [place, ...placesIn(value, place.path)]
  })
  const inItems = schema.items ? placesIn(schema.items, [...path, '[]']) : []
  const inBranches = (schema.anyOf ?? []).flatMap((branch) => placesIn(branch, path))
  return [...own, ...inItems, ...inBranches]
}
