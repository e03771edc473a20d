/** `agentos-gateway schema`: the configuration file as editors and checkers want it described. */
import { fileJsonSchema } from '../config/json-schema.ts'

/** Prints the JSON Schema (draft 7). @returns exit code */
export function schema(): number {
  process.stdout.write(`${JSON.stringify(fileJsonSchema(), null, 2)}\n`)
  return 0
}
