/** Finds the sections of each key, from the schema. Built only to explain a mistake. */
import { fileJsonSchema, type JsonSchema } from './json-schema.ts'

/** One valid position of a key. */
export interface KeyPlace {
  /** Keys from the top; `[]` means an item of a list: `['upstreams', '[]', 'url']`. */
  readonly path: readonly string[]
  readonly schema: JsonSchema
}

let places: readonly KeyPlace[] | undefined
let file: JsonSchema | undefined

function fileSchema(): JsonSchema {
  file ??= fileJsonSchema()
  return file
}

/** All positions of all keys, without those of recursive schemas; positions nearer to the top come first. */
export function keyPlaces(): readonly KeyPlace[] {
  places ??= placesIn(fileSchema(), []).toSorted((a, b) => a.path.length - b.path.length)
  return places
}

/** Whether any section has a key with this name: messages show only such keys. */
export function isKnownKey(key: string): boolean {
  return keyPlaces().some(({ path }) => path.at(-1) === key)
}

/** Schema at the path of an issue, such as `['upstreams', 0, 'urls']`. */
export function schemaAt(path: readonly PropertyKey[]): JsonSchema | undefined {
  const found = path.reduce<readonly JsonSchema[]>(
    (schemas, part) => schemas.flatMap((schema) => inside(schema, part)),
    [fileSchema()],
  )
  return found[0]
}

/** The schemas of a key or item, in all alternatives of a schema. */
function inside(schema: JsonSchema, part: PropertyKey): readonly JsonSchema[] {
  const { properties = {}, items, anyOf = [], additionalProperties: named } = resolved(schema)
  const inBranches = anyOf.flatMap((branch) => inside(branch, part))
  if (typeof part === 'number') return items ? [items, ...inBranches] : inBranches
  const key = String(part)
  if (Object.hasOwn(properties, key)) return [properties[key] ?? {}, ...inBranches]
  return typeof named === 'object' ? [named, ...inBranches] : inBranches
}

/** The schema that a reference names. */
export function resolved(schema: JsonSchema): JsonSchema {
  const [only] = schema.allOf ?? []
  const name = (schema.$ref ?? only?.$ref)?.replace('#/definitions/', '')
  return name === undefined ? schema : (fileSchema().definitions?.[name] ?? schema)
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
