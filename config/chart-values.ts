/** The schema of the Helm chart's values, of which the key `config` is the configuration file. */
import type { JsonSchema } from './json-schema.ts'

/**
 * The same schema of values, with the configuration's own put in for `config`: Helm then refuses a mistake before it
 * touches the cluster.
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
