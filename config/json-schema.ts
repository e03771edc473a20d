/** Builds the JSON Schema of the configuration file, for editors. */
import * as z from 'zod'
import { fileSchema } from './schema.ts'

/** The keywords of JSON Schema that the file's schema uses. */
export interface JsonSchema {
  readonly $schema?: string
  readonly title?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly default?: unknown
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  /** Schema of all values of a mapping with free names. */
  readonly additionalProperties?: boolean | JsonSchema
  readonly $ref?: string
  readonly allOf?: readonly JsonSchema[]
  /** Recursive schemas by name. */
  readonly definitions?: Readonly<Record<string, JsonSchema>>
}

/** The alternative that accepts a reference: in an editor, `port: ${PORT}` is a text. */
const REFERENCE: JsonSchema = { type: 'string', pattern: '\\$\\{' }

/** Builds the schema of a file with unreplaced references, as draft 7, which editors support for YAML and JSON. */
export function fileJsonSchema(): JsonSchema {
  const { '~standard': _, ...generated } = z.toJSONSchema(fileSchema, {
    io: 'input',
    target: 'draft-7',
  }) as JsonSchema & { '~standard'?: unknown }
  const { definitions = {}, ...file } = generated
  const named = Object.entries(definitions).map(([name, value]) => [name, allowReferences(value)])
  return {
    ...allowReferences({ title: 'AgentOS Gateway configuration', ...file }),
    definitions: Object.fromEntries(named),
  }
}

function allowReferences(schema: JsonSchema): JsonSchema {
  const { properties, items, anyOf, ...leaf } = schema
  const { additionalProperties: named } = leaf
  if (typeof named === 'object') return { ...leaf, additionalProperties: allowReferences(named) }
  // A reference cannot replace a mapping in a list of mappings.
  if (anyOf?.some((one) => one.properties)) return { ...leaf, anyOf: anyOf.map(allowReferences) }
  if (properties !== undefined) {
    const entries = Object.entries(properties).map(([key, value]) => [key, allowReferences(value)])
    return { ...leaf, properties: Object.fromEntries(entries) }
  }
  if (items !== undefined) return { ...leaf, items: allowReferences(items) }
  if (anyOf !== undefined) return { ...leaf, anyOf: [...anyOf, REFERENCE] }
  if (leaf.enum === undefined && leaf.type !== 'boolean' && leaf.type !== 'integer') return leaf
  const { description, default: value, ...accepted } = leaf
  return {
    ...(description === undefined ? {} : { description }),
    ...(value === undefined ? {} : { default: value }),
    anyOf: [accepted, REFERENCE],
  }
}
