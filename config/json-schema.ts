/** The JSON Schema of the configuration file, for editors. */
import * as z from 'zod'
import { fileSchema } from './schema.ts'

/** The part of JSON Schema that our schema needs. */
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
  /** Schema of every value, where the keys are names. */
  readonly additionalProperties?: boolean | JsonSchema
  readonly $ref?: string
  readonly allOf?: readonly JsonSchema[]
  /** Mappings that hold themselves, by name. */
  readonly definitions?: Readonly<Record<string, JsonSchema>>
}

/** In an editor, `port: ${PORT}` is a text. */
const REFERENCE: JsonSchema = { type: 'string', pattern: '\\$\\{' }

/**
 * What a file may hold before its references are replaced. Draft 7, which every editor's YAML and JSON support reads.
 */
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
  // In a list of mappings of several kinds, no reference can replace a whole mapping.
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
