/**
 * Lists every key of a configuration text with its value and source. Values are shown only for keys on a list of
 * harmless keys.
 */
import { hash } from 'node:crypto'
import { formatPath } from './explain.ts'
import type { Environment } from './interpolate.ts'
import { interpolate } from './interpolate.ts'
import type { JsonSchema } from './json-schema.ts'
import { fileJsonSchema } from './json-schema.ts'
import { isShownKey, shownText } from './redact.ts'
import type { SourceDocument } from './yaml-document.ts'
import { parseYaml } from './yaml-document.ts'

/** One key of the configuration. */
export interface ConfigValue {
  /** Path as in error messages: `upstreams[0].url`. */
  readonly path: string
  /** Value with variables replaced; null for unset keys and for secrets. */
  readonly value: string | number | boolean | null
  /** The value is withheld. */
  readonly secret: boolean
  readonly source: 'file' | 'variable' | 'default' | 'command line'
  /** Line in the file, from 1; null for defaults. */
  readonly line: number | null
  /** Environment variables in the value. */
  readonly variables: readonly string[]
  readonly description: string | null
  /** Digest that shows whether two values differ. Never leaves the process. */
  readonly fingerprint: string
}

type Described = Omit<ConfigValue, 'fingerprint'>

/** Values from outside of the file, by path. */
export type Overrides = Readonly<
  Record<string, { readonly value: string; readonly source: string } | undefined>
>

interface Walk {
  readonly locate: SourceDocument['locate']
  readonly values: ConfigValue[]
}

/**
 * @param text a valid configuration text
 * @param overrides values of the command line and of its variables
 * @throws Error when the text is not valid YAML
 */
export function describeConfig(
  text: string,
  env: Environment,
  overrides: Overrides = {},
): readonly ConfigValue[] {
  const parsed = parseYaml(text)
  if ('issues' in parsed) throw new Error(parsed.issues.map(({ message }) => message).join('; '))
  const { value: raw, locate } = parsed.document
  const { value } = interpolate(raw, env)
  const walk: Walk = { locate, values: [] }
  visit(walk, [], schemaOf(), raw ?? {}, value ?? {})
  return walk.values.map((known) => overridden(known, overrides[known.path]))
}

let schema: JsonSchema | undefined
function schemaOf(): JsonSchema {
  schema ??= fileJsonSchema()
  return schema
}

function overridden(known: ConfigValue, by: Overrides[string]): ConfigValue {
  if (by === undefined) return known
  const { value, source } = by
  const isVariable = source !== 'command line'
  return {
    ...known,
    value,
    source: isVariable ? 'variable' : 'command line',
    line: null,
    variables: isVariable ? [source] : [],
    fingerprint: fingerprintOf(value),
  }
}

/**
 * @param raw the node before replacement of variables; undefined for a missing key
 * @param value the node after replacement
 */
function visit(
  walk: Walk,
  path: readonly PropertyKey[],
  given: JsonSchema,
  raw: unknown,
  value: unknown,
): void {
  const schema = resolved(given)
  const members = membersOf(schema, value)
  if (members !== undefined) {
    visitMembers(walk, path, members, raw, value)
    return
  }
  const { items } = schema
  if (Array.isArray(value) && value.some(isObject) && items !== undefined) {
    for (const [index, item] of value.entries()) {
      visit(walk, [...path, index], items, memberOf(raw, index), item)
    }
    return
  }
  const { additionalProperties: named } = schema
  if (isObject(value) && typeof named === 'object' && named.properties) {
    // A mapping from user-defined names to mappings, such as models.
    for (const [name, inner] of Object.entries(value)) {
      visit(walk, [...path, name], named, memberOf(raw, name), inner)
    }
    return
  }
  if (isObject(value)) {
    // A mapping from user-defined names to values, such as headers: names are shown, values are not.
    for (const [name, inner] of Object.entries(value)) {
      add(walk, [...path, name], undefined, memberOf(raw, name), inner)
    }
    return
  }
  add(walk, path, schema, raw, value)
}

function visitMembers(
  walk: Walk,
  path: readonly PropertyKey[],
  members: Readonly<Record<string, JsonSchema>>,
  raw: unknown,
  value: unknown,
): void {
  for (const [key, schema] of Object.entries(members)) {
    visit(walk, [...path, key], schema, memberOf(raw, key), memberOf(value, key))
  }
}

/** Keys of a mapping, including an absent mapping with defaults. */
function membersOf(schema: JsonSchema, value: unknown): JsonSchema['properties'] {
  if (schema.properties !== undefined) {
    const hasDefault = schema.default !== undefined
    return isObject(value) || (value == null && hasDefault) ? schema.properties : undefined
  }
  if (!isObject(value)) return undefined
  return branchOf(schema, value)?.properties
}

/** Follows the reference of a mapping that holds itself, such as a step. */
function resolved(schema: JsonSchema): JsonSchema {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref
  const name = reference?.split('/').at(-1)
  return (name === undefined ? undefined : schemaOf().definitions?.[name]) ?? schema
}

/** Of the mappings that a value may be, the one that has most of its keys: a remote team or a composed one, for example. */
function branchOf({ anyOf = [] }: JsonSchema, value: object): JsonSchema | undefined {
  const mappings = anyOf.filter(({ properties }) => properties !== undefined)
  const known = ({ properties = {} }: JsonSchema) =>
    Object.keys(value).filter((key) => Object.hasOwn(properties, key)).length
  return mappings.toSorted((one, other) => known(other) - known(one))[0]
}

/** @param schema undefined for a free name, whose value is never shown: a header may be called like a key */
function add(
  walk: Walk,
  path: readonly PropertyKey[],
  schema: JsonSchema | undefined,
  raw: unknown,
  value: unknown,
): void {
  const isSet = value !== undefined && value !== null
  const given = isSet ? value : schema?.default
  const variables = namesIn(raw)
  const isShown = !isSet || (schema !== undefined && isShownKey(path, schema, { value, variables }))
  const described: Described = {
    path: formatPath(path),
    value: isShown ? shownValue(given) : null,
    secret: !isShown,
    source: isSet ? (variables.length > 0 ? 'variable' : 'file') : 'default',
    line: isSet ? walk.locate(path).line : null,
    variables,
    description: schema?.description ?? null,
  }
  walk.values.push({ ...described, fingerprint: fingerprintOf(given) })
}

function shownValue(value: unknown): ConfigValue['value'] {
  if (value === undefined || value === null) return null
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map((item) => shownText(String(item))).join(', ') || '[]'
  return typeof value === 'object' ? JSON.stringify(value) : shownText(String(value))
}

function fingerprintOf(value: unknown): string {
  return hash('sha256', JSON.stringify(value) ?? '', 'base64url')
}

/** Names of the `${…}` references in an unreplaced value. */
function namesIn(raw: unknown): string[] {
  const texts = Array.isArray(raw) ? raw : [raw]
  const names = texts.flatMap((text) =>
    typeof text === 'string' ? [...text.matchAll(/(?<!\$)\$\{([A-Za-z_]\w*)/g)] : [],
  )
  return [...new Set(names.map(([, name]) => name as string))]
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Record<PropertyKey, unknown>)[key]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
