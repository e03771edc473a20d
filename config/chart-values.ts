/** Builds the values schema of the Helm chart, in which `config` has the schema of the configuration file. */
import type { JsonSchema } from './json-schema.ts'

/**
 * Inserts the schema of the configuration for `config`: Helm then reports a mistake before it changes the cluster.
 *
 * @param text `values.schema.json`
 */
export function withConfigSchema(text: string, schema: JsonSchema): string {
  const values = JSON.parse(text) as JsonSchema
  // A JSON pointer counts from the root of the document (RFC 6901), so the definitions move there.
  const { $schema: _, definitions, ...config } = schema
  const merged = {
    ...values,
    properties: { ...values.properties, config },
    ...(definitions && { definitions }),
  }
  return `${JSON.stringify(merged, null, 2)}\n`
}
