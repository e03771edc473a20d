/** Checks that a message can repeat a text without a risk. */

/** Characters without a special meaning in YAML, and without user, password or query of a URL. */
const PLAIN = /^[\w./:-]+$/

/** Whether the text needs no quotes in a message or in YAML. */
export function isPlain(value: unknown): value is string {
  return typeof value === 'string' && PLAIN.test(value)
}
