/** `agentos-gateway schema`: prints the JSON Schema of the configuration file. */
import { fileJsonSchema } from '../config/json-schema.ts'

/** Prints the JSON Schema (draft 7). @returns exit code */
export function schema(): number {
  process.stdout.write(`${JSON.stringify(fileJsonSchema(), null, 2)}\n`)
  return 0
}
